/** The page that classifies pictures: its parts, and what they do when they are used. */
import type { TensorFlow } from '../../../lib/engine/runtime/tensorflow';
import { ModelError } from '../../../lib/errors';
import type { Image } from '../../../lib/image/image';
import { decode, draw, pixelsOf, type Source } from './images';
import { classify, loadOwn, loadShipped, type Places, type Said, type Shipped, whereIs } from './network';
import { chooseBackend } from './tensorflow';
import { TEXTS } from './texts.mjs';

declare const shippedNetwork: Shipped;

const TEXT = document.documentElement.lang.startsWith('zh') ? TEXTS.zh : TEXTS.en;
const part = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

const status = part('status');
const problem = part('problem');
const canvas = part<HTMLCanvasElement>('picture');
const overlay = part<HTMLCanvasElement>('places');
const video = part<HTMLVideoElement>('video');
const table = part<HTMLTableSectionElement>('probabilities');
const result = part('result');
const cameraButton = part<HTMLButtonElement>('camera');
const showPlaces = part<HTMLInputElement>('show-places');

let backend = '';
let shipped: TensorFlow.LayersModel;
let net: TensorFlow.LayersModel;
/** The class whose places are shown; undefined for the likeliest. */
let chosen: number | undefined;

/** Does something that the reader asked for, and says what was wrong where it fails. */
async function attempt(work: () => Promise<void>): Promise<void> {
  problem.hidden = true;
  try {
    await work();
  } catch (error) {
    problem.textContent = (error as Error).message;
    problem.hidden = false;
  }
}

/** Colors the places over the picture: the more one speaks for the class, the stronger. */
function drawPlaces({ height, width, values }: Places): void {
  const small = new ImageData(width, height);
  for (const [i, value] of values.entries()) small.data.set([255, 80, 0, 150 * value], 4 * i);
  const source = document.createElement('canvas');
  [source.width, source.height] = [width, height];
  source.getContext('2d')!.putImageData(small, 0, 0);
  [overlay.width, overlay.height] = [canvas.width, canvas.height];
  const context = overlay.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, overlay.width, overlay.height);
}

async function showWhere({ likeliest }: Said, image: Image): Promise<void> {
  overlay.hidden = !showPlaces.checked;
  if (overlay.hidden) return;
  try {
    drawPlaces(await whereIs(net, image, chosen ?? likeliest));
  } catch (error) {
    // A network of the reader's may have no maps to look at.
    if (!(error instanceof ModelError)) throw error;
    overlay.hidden = true;
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** The table's rows, one a class. They stay while the camera runs, so that they can be clicked. */
function rowsOf({ classNames }: Said): HTMLTableRowElement[] {
  const rows = [...table.rows];
  if (
    rows.length === classNames.length &&
    rows.every((row, i) => row.textContent!.startsWith(classNames[i]))
  ) {
    return rows;
  }
  table.replaceChildren(
    ...classNames.map((name) => {
      const row = document.createElement('tr');
      const button = document.createElement('button');
      button.textContent = name;
      row.insertCell().append(button);
      const bar = document.createElement('span');
      bar.className = 'bar';
      row.insertCell().append(document.createElement('data'), bar);
      return row;
    }),
  );
  return [...table.rows];
}

function showProbabilities(said: Said, image: Image): void {
  const { likeliest } = said;
  rowsOf(said).forEach((row, i) => {
    const share = said.probabilities[i];
    const button = row.querySelector('button')!;
    button.setAttribute('aria-pressed', String(i === (chosen ?? likeliest)));
    button.onclick = () => {
      chosen = i;
      showProbabilities(said, image);
      attempt(() => showWhere(said, image));
    };
    row.classList.toggle('likeliest', i === likeliest);
    const [number, bar] = row.cells[1].children as unknown as [HTMLDataElement, HTMLElement];
    number.value = String(share);
    number.textContent = percent(share);
    bar.style.width = `${100 * share}%`;
  });
}

/** Classifies what is on the canvas. */
async function look(): Promise<void> {
  const began = performance.now();
  const image = pixelsOf(canvas);
  const said = await classify(net, image);
  const took = performance.now() - began;
  part('looked-at').hidden = false;
  showProbabilities(said, image);
  await showWhere(said, image);
  const words = `${said.classNames[said.likeliest]}, ${percent(said.probabilities[said.likeliest])}`;
  // A screen reader says it when it changes, not for each frame of the camera.
  if (result.textContent !== words) result.textContent = words;
  status.textContent = `${TEXT.ready}${TEXT.computes}${backend}: ${took.toFixed(0)}${TEXT.milliseconds}`;
}

async function lookAt(source: Source): Promise<void> {
  chosen = undefined;
  draw(source, canvas);
  await look();
}

async function lookAtFile(file: Blob & { name?: string }): Promise<void> {
  stopCamera();
  await lookAt(await decode(file, file.name ?? 'It'));
}

function stopCamera(): void {
  const stream = video.srcObject as MediaStream | null;
  for (const track of stream?.getTracks() ?? []) track.stop();
  video.srcObject = null;
  cameraButton.textContent = TEXT.camera;
}

async function startCamera(): Promise<void> {
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
  } catch (cause) {
    throw new Error(TEXT.noCamera + (cause as Error).message);
  }
  cameraButton.textContent = TEXT.stop;
  await video.play();
  chosen = undefined;
  while (video.srcObject !== null) {
    const { videoWidth, videoHeight } = video;
    // The square in the middle, as the network's images are.
    const side = Math.min(videoWidth, videoHeight);
    if (side > 0) {
      const square = await createImageBitmap(
        video,
        (videoWidth - side) / 2,
        (videoHeight - side) / 2,
        side,
        side,
      );
      draw({ drawable: square, width: side, height: side }, canvas);
      square.close();
      await look();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function use(network: TensorFlow.LayersModel): void {
  if (net !== undefined && net !== shipped && net !== network) net.dispose();
  net = network;
  part<HTMLButtonElement>('back').hidden = net === shipped;
  chosen = undefined;
}

/** Looks again at what is on the canvas, by another network. */
async function lookAgain(): Promise<void> {
  if (!part('looked-at').hidden) await look();
}

function listen(): void {
  const input = part<HTMLInputElement>('file');
  input.onchange = () => {
    const [file] = input.files ?? [];
    if (file) attempt(() => lookAtFile(file));
    input.value = '';
  };
  const own = part<HTMLInputElement>('own');
  own.onchange = () => {
    const files = [...(own.files ?? [])];
    attempt(async () => {
      use(await loadOwn(files));
      status.textContent = TEXT.network + files.map(({ name }) => name).join(', ');
      await lookAgain();
    });
    own.value = '';
  };
  part('back').onclick = () => {
    use(shipped);
    attempt(lookAgain);
  };
  cameraButton.onclick = () => {
    if (video.srcObject !== null) stopCamera();
    else attempt(startCamera);
  };
  showPlaces.onchange = () => attempt(lookAgain);
  for (const example of document.querySelectorAll<HTMLButtonElement>('.example')) {
    const image = example.querySelector('img')!;
    example.onclick = () =>
      attempt(async () => {
        stopCamera();
        await lookAt({ drawable: image, width: image.naturalWidth, height: image.naturalHeight });
      });
  }
  document.ondragover = (event) => {
    event.preventDefault();
    document.body.classList.add('dragged-over');
  };
  document.ondragleave = () => document.body.classList.remove('dragged-over');
  document.ondrop = (event) => {
    event.preventDefault();
    document.body.classList.remove('dragged-over');
    const [file] = event.dataTransfer?.files ?? [];
    if (file) attempt(() => lookAtFile(file));
  };
  document.onpaste = (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (file) attempt(() => lookAtFile(file));
  };
}

attempt(async () => {
  backend = await chooseBackend(new URLSearchParams(location.search).get('backend'));
  shipped = await loadShipped(shippedNetwork);
  use(shipped);
  // The first picture takes longest: shaders and memory are made for it.
  const gray = { width: 1, height: 1, data: new Uint8Array(3) };
  await classify(net, gray);
  listen();
  status.textContent = `${TEXT.ready}${TEXT.computes}${backend}.`;
  for (const control of document.querySelectorAll<HTMLInputElement>('[disabled]')) control.disabled = false;
});
