/** The languages of the site: which page is in which, where its counterpart is, and the words around a page. */

/** @typedef {'en' | 'zh'} Language */

/**
 * @param {string} path in the project
 * @returns {Language}
 */
export const languageOf = (path) =>
  path.startsWith('notebooks/zh/') || path.endsWith('.zh.md') ? 'zh' : 'en';

/**
 * The same page in the other language; there may be none.
 *
 * @param {string} path
 */
export function counterpartOf(path) {
  if (languageOf(path) === 'zh') return path.replace('notebooks/zh/', 'notebooks/').replace('.zh.md', '.md');
  return path.endsWith('.md')
    ? path.replace(/\.md$/, '.zh.md')
    : path.replace(/^notebooks\/(?=\d)/, 'notebooks/zh/');
}

export const WORDS = {
  en: {
    site: 'ResNet notebooks',
    other: '中文',
    tryIt: 'Try it',
    reference: 'Reference',
    allPages: 'All pages',
    pages: 'Pages',
    start: 'Start',
    guide: 'The library in your own notebook',
    wholeReference: 'Reference of the library',
    neighbors: 'Neighbors',
  },
  zh: {
    site: 'ResNet 笔记本',
    other: 'English',
    tryIt: '试一试',
    reference: '参考手册',
    allPages: '所有页面',
    pages: '页面',
    start: '首页',
    guide: '在你自己的笔记本里使用这个库（英文）',
    wholeReference: '库的参考手册（英文）',
    neighbors: '上一篇和下一篇',
  },
};
