/** Header fields as a list that is searched from one end to the other: slow and plainly right. */
export class HeaderModel {
  lines: [string, string][];

  constructor(lines: readonly (readonly [string, string])[]) {
    this.lines = lines.map(([name, value]) => [name, value]);
  }

  getAll(name: string): string[] {
    return this.lines.filter((line) => isSame(line[0], name)).map((line) => line[1]);
  }

  get(name: string): string | null {
    const values = this.getAll(name);
    return values.length === 0 ? null : values.join(", ");
  }

  append(name: string, value: string): void {
    this.lines.push([name, value]);
  }

  delete(name: string): void {
    this.lines = this.lines.filter((line) => !isSame(line[0], name));
  }

  set(name: string, value: string): void {
    const first = this.lines.findIndex((line) => isSame(line[0], name));
    if (first < 0) return this.append(name, value);
    this.lines = this.lines.flatMap((line, at) => {
      if (at === first) return [[name, value]];
      return isSame(line[0], name) ? [] : [line];
    });
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
