/** Puts each chart in the place of its picture, when the reader comes near it. Without this script the pictures stay. */

const { Plotly } = /** @type {any} */ (window);

/** Charts of these keep their size: what is drawn in them is in pixels. */
const FIXED = new Set(['image', 'heatmap']);

/** @param {Element} place */
async function draw(place) {
  const { data, layout } = JSON.parse(place.querySelector('script')?.textContent ?? '');
  const fits = data.length > 0 && !data.some((/** @type {{ type: string }} */ { type }) => FIXED.has(type));
  const width = fits ? Math.min(layout.width, place.clientWidth) : layout.width;
  // It has to be in the page when it is drawn: Plotly measures its texts.
  const chart = place.appendChild(document.createElement('div'));
  // No button of it leads to Plotly's own hosts.
  await Plotly.newPlot(chart, data, { ...layout, width }, { displaylogo: false, showSendToCloud: false });
  place.querySelector('img')?.remove();
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: '800px' },
);
for (const place of document.querySelectorAll('.chart')) observer.observe(place);
