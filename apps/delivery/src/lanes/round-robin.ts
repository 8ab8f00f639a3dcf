/** First-in-first-out queues, one a group, emptied in turns: a merchant with a thousand deliveries does not keep another's one waiting. */
export class RoundRobin<Item> {
  private readonly groups = new Map<string, Queue<Item>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(group: string, item: Item): void {
    const queue = this.groups.get(group);
    if (queue === undefined) this.groups.set(group, new Queue(item));
    else queue.push(item);
    this.count++;
  }

  /** The oldest item of the group whose turn it is; the group then goes to the end. */
  shift(): Item | undefined {
    const next = this.groups.entries().next();
    if (next.done === true) return undefined;
    const [group, queue] = next.value;
    const item = queue.shift();
    this.groups.delete(group);
    if (queue.size > 0) this.groups.set(group, queue);
    this.count--;
    return item;
  }

  /** Everything, group by group; nothing is left. */
  drain(): Item[] {
    const items = [...this.groups.values()].flatMap((queue) => queue.drain());
    this.groups.clear();
    this.count = 0;
    return items;
  }
}

// Array.shift moves every element; this moves the front once in a while.
const COMPACT_AT = 64;

class Queue<Item> {
  private items: (Item | undefined)[];
  private front = 0;

  constructor(first: Item) {
    this.items = [first];
  }

  get size(): number {
    return this.items.length - this.front;
  }

  push(item: Item): void {
    this.items.push(item);
  }

  shift(): Item | undefined {
    const item = this.items[this.front];
    this.items[this.front++] = undefined;
    if (this.front >= COMPACT_AT && this.front * 2 >= this.items.length) {
      this.items = this.items.slice(this.front);
      this.front = 0;
    }
    return item;
  }

  drain(): Item[] {
    return this.items.slice(this.front) as Item[];
  }
}
