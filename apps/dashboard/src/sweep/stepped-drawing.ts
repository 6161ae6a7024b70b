import { useEffect, useRef, type RefObject } from 'react';

/** What is drawn on, with the colours of the page's style by their names. */
export interface Sheet {
  context: CanvasRenderingContext2D;
  colour: (name: string) => string;
  /** Pixels of the screen to one of the page. */
  density: number;
}

/** A drawing of so many pixels of the page, in steps: between two of them the page may do something else. */
export interface PlotPicture {
  width: number;
  height: number;
  draw: (sheet: Sheet) => Iterable<void>;
}

/** Drawing takes so much of a frame, ms, whatever is drawn; the rest is the reader's, who scrolls. */
const SLICE_MS = 4;
/** So near the window a drawing counts as seen. */
const NEAR = '200px';

/**
 * Draws a picture of any size without holding the page up: behind what is seen, a slice a frame, and shown once it is
 * whole. One that is not in sight is drawn anew when it comes there.
 */
export function useSteppedDrawing(canvas: RefObject<HTMLCanvasElement | null>, picture: PlotPicture): void {
  const painter = useRef<Painter | null>(null);
  useEffect(() => {
    if (!canvas.current) return undefined;
    const made = new Painter(canvas.current);
    painter.current = made;
    return () => made.stop();
  }, [canvas]);
  useEffect(() => painter.current?.show(picture), [picture]);
}

/** Slices of all drawings, of which one is drawn in a frame. */
const slices: (() => void)[] = [];
let isFrameAsked = false;

function inItsFrame(slice: () => void): void {
  slices.push(slice);
  askForFrame();
}

function askForFrame(): void {
  if (isFrameAsked || slices.length === 0) return;
  isFrameAsked = true;
  requestAnimationFrame(() => {
    isFrameAsked = false;
    slices.shift()?.();
    askForFrame();
  });
}

/** A picture half done. */
interface Work {
  picture: PlotPicture;
  sheet: HTMLCanvasElement;
  context: CanvasRenderingContext2D;
  steps: Iterator<void>;
  /** Time that its steps took until now, ms. */
  took: number;
}

class Painter {
  /** The newest picture, where it is not shown yet. */
  private wanted: PlotPicture | null = null;
  private shown: PlotPicture | null = null;
  private work: Work | null = null;
  private isResting = false;
  private isInSight = true;
  private isStopped = false;
  private readonly scheme = matchMedia('(prefers-color-scheme: dark)');
  private readonly sight: IntersectionObserver;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.scheme.addEventListener('change', this.drawAnew);
    this.sight = new IntersectionObserver(
      (entries) => {
        this.isInSight = entries.at(-1)?.isIntersecting ?? true;
        this.begin();
      },
      { rootMargin: NEAR },
    );
    this.sight.observe(canvas);
  }

  show(picture: PlotPicture): void {
    this.wanted = picture;
    // What has another size is of no use any more; what is only older is finished first, or news might never be shown.
    if (this.work && this.work.picture.width !== picture.width) this.work = null;
    // Wherever it is: a picture that is stretched cannot be read.
    if (this.shown && this.shown.width !== picture.width) this.shown = null;
    this.begin();
  }

  stop(): void {
    this.isStopped = true;
    this.work = null;
    this.scheme.removeEventListener('change', this.drawAnew);
    this.sight.disconnect();
  }

  private readonly drawAnew = (): void => {
    this.wanted ??= this.work?.picture ?? this.shown;
    // Wherever it is: in other colours it cannot be read.
    this.shown = null;
    this.work = null;
    this.begin();
  };

  private begin(): void {
    const picture = this.wanted;
    if (!picture || this.work || this.isResting || this.isStopped) return;
    if (!this.isInSight && this.shown) return;
    this.wanted = null;
    const work = workOn(this.canvas, picture);
    this.work = work;
    if (!work) return;
    // The first picture is begun at once, so that a small one is there with the page.
    if (this.shown) inItsFrame(() => this.goOn(work));
    else this.goOn(work);
  }

  private goOn(work: Work): void {
    if (this.work !== work) return;
    const began = performance.now();
    for (;;) {
      const { done } = work.steps.next();
      // Browsers put drawing off: to read a pixel makes them do it now, within the slice.
      if (!done) work.context.getImageData(0, 0, 1, 1);
      const spent = performance.now() - began;
      if (!done && spent < SLICE_MS) continue;
      work.took += spent;
      if (done) this.finish(work);
      else inItsFrame(() => this.goOn(work));
      return;
    }
  }

  private finish({ picture, sheet, took }: Work): void {
    this.canvas.width = sheet.width;
    this.canvas.height = sheet.height;
    this.canvas.getContext('2d')?.drawImage(sheet, 0, 0);
    this.shown = picture;
    this.work = null;
    // The next one is begun after as long a pause: many points must not draw all the time.
    this.isResting = true;
    setTimeout(() => {
      this.isResting = false;
      this.begin();
    }, took);
  }
}

function workOn(canvas: HTMLCanvasElement, picture: PlotPicture): Work | null {
  const density = devicePixelRatio || 1;
  const sheet = document.createElement('canvas');
  sheet.width = picture.width * density;
  sheet.height = picture.height * density;
  const context = sheet.getContext('2d', { willReadFrequently: true });
  if (!context) return null;
  context.scale(density, density);
  const style = getComputedStyle(canvas);
  context.font = `12px ${style.fontFamily}`;
  const colours = new Map<string, string>();
  const colour = (name: string) => {
    const value = colours.get(name) ?? style.getPropertyValue(name).trim();
    colours.set(name, value);
    return value;
  };
  const steps = picture.draw({ context, colour, density })[Symbol.iterator]();
  return { picture, sheet, context, steps, took: 0 };
}
