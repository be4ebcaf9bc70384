/**
 * What is left of a list when nothing can be taken out of it that is not needed for a failure. First halves are taken
 * out, then less.
 * @param fails whether a part of the list fails too
 */
export async function smallest<T>(
  list: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let left = list;
  for (let size = Math.ceil(list.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < left.length;) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)];
      if (await fails(rest)) left = rest;
      else at += size;
    }
  }
  return left;
}
