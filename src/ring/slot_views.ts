import type { RingLayout, RingShape } from "./layout.ts";

/** The memory of one slot beside its words. */
export interface SlotViews {
  readonly header: Float64Array;
  readonly sections: readonly Uint8Array[];
}

/** The views of every slot of a ring, made once. */
export function viewSlots(
  buffer: SharedArrayBuffer,
  layout: RingLayout,
  shape: RingShape,
): SlotViews[] {
  const { headers, sections, sectionOffsets } = layout;
  return Array.from({ length: shape.slots }, (_, slot) => ({
    header: new Float64Array(buffer, headers.first + slot * headers.stride, shape.headerFields),
    sections: shape.sectionBytes.map((bytes, section) => {
      const offset = sections.first + slot * sections.stride + sectionOffsets[section]!;
      return new Uint8Array(buffer, offset, bytes);
    }),
  }));
}
