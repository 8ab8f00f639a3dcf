import { NONE } from './id-slots.ts';

const FIELDS = 4;
/** In the first field of the place behind a block's last one. */
const END = NONE;
const FIRST_PLACES = 4096;
const GROWTH = 1.25;
// Blocks that grow leave shorter stretches behind. At this share of all they are worth moving everything together.
const MOST_GIVEN_UP = 0.2;

/** What a place holds. */
export type Fields = readonly [number, number, number, number];

/**
 * Blocks of places that lie side by side in one typed array. A block that is full moves to a longer stretch; its number stays. The first
 * field of a place is never negative.
 */
export class PlaceBlocks {
  private places = new Int32Array(FIRST_PLACES * FIELDS);
  /** Places given out, from the front; of those, places that were given up. */
  private used = 0;
  private givenUp = 0;
  /** Block → its first place, and how many it has room for, with the one that marks its end. */
  private starts = new Int32Array(FIRST_PLACES);
  private rooms = new Int32Array(FIRST_PLACES);
  private count = 0;
  /** Room → starts of stretches of that length that were given up. */
  private readonly free = new Map<number, number[]>();

  /** The number of a new block, without places. */
  addBlock(): number {
    if (this.count === this.starts.length) {
      this.starts = longer(this.starts, this.count * GROWTH);
      this.rooms = longer(this.rooms, this.count * GROWTH);
    }
    this.starts[this.count] = NONE;
    return this.count++;
  }

  /** The block's first place, or NONE. */
  firstOf(block: number): number {
    const start = this.starts[block] ?? NONE;
    return start === NONE || this.places[start * FIELDS] === END ? NONE : start;
  }

  /** The next place of the same block, or NONE. */
  after(place: number): number {
    return this.places[(place + 1) * FIELDS] === END ? NONE : place + 1;
  }

  field(place: number, field: number): number {
    const value = this.places[place * FIELDS + field];
    if (value === undefined) throw new RangeError(`there is no place ${place}`);
    return value;
  }

  add(block: number, fields: Fields): void {
    const length = this.lengthOf(block);
    if ((this.starts[block] ?? NONE) === NONE || length + 1 === this.rooms[block]) this.move(block, length);
    const place = (this.starts[block] ?? 0) + length;
    this.places.set(fields, place * FIELDS);
    this.places[(place + 1) * FIELDS] = END;
  }

  /** Removes the place whose field has the value. The block's last place takes its number. */
  remove(block: number, { field, value }: { readonly field: number; readonly value: number }): void {
    const start = this.starts[block] ?? NONE;
    const last = start + this.lengthOf(block) - 1;
    for (let place = start; place <= last; place++) {
      if (this.places[place * FIELDS + field] !== value) continue;
      this.places.copyWithin(place * FIELDS, last * FIELDS, (last + 1) * FIELDS);
      this.places[last * FIELDS] = END;
      return;
    }
  }

  private lengthOf(block: number): number {
    const start = this.firstOf(block);
    if (start === NONE) return 0;
    let length = 1;
    while (this.places[(start + length) * FIELDS] !== END) length++;
    return length;
  }

  /** Gives the block a longer stretch. */
  private move(block: number, length: number): void {
    const longerRoom = roomFor(length + 2);
    const to = this.stretch(longerRoom);
    const [start, room] = [this.starts[block] ?? NONE, this.rooms[block] ?? 0];
    if (start !== NONE) {
      this.places.copyWithin(to * FIELDS, start * FIELDS, (start + length) * FIELDS);
      this.giveUp(start, room);
    }
    this.starts[block] = to;
    this.rooms[block] = longerRoom;
  }

  private giveUp(start: number, room: number): void {
    this.givenUp += room;
    const stretches = this.free.get(room);
    if (stretches === undefined) this.free.set(room, [start]);
    else stretches.push(start);
  }

  /** Where a stretch of that length begins. May move all blocks. */
  private stretch(room: number): number {
    const again = this.free.get(room)?.pop();
    if (again !== undefined) {
      this.givenUp -= room;
      return again;
    }
    if ((this.used + room) * FIELDS > this.places.length) this.makeRoom(room);
    const start = this.used;
    this.used += room;
    return start;
  }

  private makeRoom(room: number): void {
    const isWorthMoving = this.givenUp > MOST_GIVEN_UP * this.used;
    const live = this.used + room - (isWorthMoving ? this.givenUp : 0);
    const places = new Int32Array(Math.ceil(live * GROWTH) * FIELDS);
    if (isWorthMoving) this.moveTogether(places);
    else places.set(this.places);
    this.places = places;
  }

  private moveTogether(places: Int32Array): void {
    let used = 0;
    for (let block = 0; block < this.count; block++) {
      const [start, room] = [this.starts[block] ?? NONE, this.rooms[block] ?? 0];
      if (start === NONE) continue;
      places.set(this.places.subarray(start * FIELDS, (start + room) * FIELDS), used * FIELDS);
      this.starts[block] = used;
      used += room;
    }
    this.used = used;
    this.givenUp = 0;
    this.free.clear();
  }
}

/** Up to eight places exactly, two at a time; then an eighth more than needed, so that a block that grows moves rarely. */
function roomFor(places: number): number {
  return places <= 8 ? places + (places % 2) : Math.ceil((places * 9) / 64) * 8;
}

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.ceil(length));
  copy.set(array);
  return copy;
}
