/** Addresses of pictures. They lead nowhere: `.invalid` never resolves, so nobody mistakes them for real ones. */
export const imageSizes: readonly number[] = [48, 50, 60, 75, 100, 110, 150, 180, 352, 420, 720];

export const imageUrl = (kind: 'user' | 'group', id: number, size: number) =>
  `https://images.emulator.invalid/${kind}/${id}/${size}.png`;
