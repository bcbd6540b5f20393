import { fileURLToPath } from 'node:url';

/**
 * pdfjs, for text alone. What it would draw with is replaced by nothing: otherwise it loads a canvas, or warns that
 * there is none.
 */
export async function loadPdfjs() {
  const { getBuiltinModule } = process;
  const drawing = { DOMMatrix: class {}, ImageData: class {}, Path2D: class {} };
  Object.assign(globalThis, drawing);
  const withoutCanvas = (id: string) =>
    id === 'module' ? { createRequire: () => () => ({}) } : getBuiltinModule(id);
  Object.assign(process, { getBuiltinModule: withoutCanvas });
  try {
    return await import('pdfjs-dist/legacy/build/pdf.mjs');
  } finally {
    Object.assign(process, { getBuiltinModule });
  }
}

const folder = (name: string) => fileURLToPath(import.meta.resolve(`pdfjs-dist/${name}/`));

/** Nothing is fetched, evaluated or drawn. */
export const readingOnly = {
  isEvalSupported: false,
  useSystemFonts: false,
  disableFontFace: true,
  useWorkerFetch: false,
  useWasm: false,
  isOffscreenCanvasSupported: false,
  isImageDecoderSupported: false,
  enableXfa: false,
  // What characters there are in fonts that do not say so, Chinese and Japanese ones above all.
  cMapUrl: folder('cmaps'),
  cMapPacked: true,
  standardFontDataUrl: folder('standard_fonts'),
  verbosity: 0,
};
