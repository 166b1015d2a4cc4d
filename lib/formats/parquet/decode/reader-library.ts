import type { FileMetaData, PageHeader } from "hyparquet";

/** What reading needs of hyparquet: the footer and the page headers as objects. */
export interface ReaderLibrary {
  /** Of the last bytes of a file, from the first of the footer on. */
  parseFooter(bytes: Uint8Array): FileMetaData;
  parsePageHeader(bytes: Uint8Array): PageHeader;
}

let library: Promise<ReaderLibrary> | undefined;

/** Loads hyparquet at first use: importing it costs about 10 ms. */
export function loadReaderLibrary(): Promise<ReaderLibrary> {
  library ??= importLibrary();
  return library;
}

async function importLibrary(): Promise<ReaderLibrary> {
  const [{ parquetMetadata }, { parquetHeader }] = await Promise.all([
    import("hyparquet/src/metadata.js"),
    import("hyparquet/src/column.js"),
  ]);
  return {
    parseFooter: (bytes) => parquetMetadata(bytes, { geoparquet: false }),
    parsePageHeader: (bytes) =>
      parquetHeader({ view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }),
  };
}
