import { Inspector } from './inspector.ts';

/** What a process holds when all garbage is collected, bytes. */
export interface LiveMemory {
  /** V8's heap. */
  readonly heapBytes: number;
  /** Buffers and typed arrays outside of it. */
  readonly arrayBytes: number;
  readonly residentBytes: number;
}

const EXPRESSION = 'JSON.stringify(process.memoryUsage())';

/** Collects the garbage of another Node process and looks what is left. */
export async function readLiveMemory(inspectorPort: number): Promise<LiveMemory> {
  const inspector = await Inspector.open(inspectorPort);
  try {
    // Finalisers of the first round free what the second one collects.
    await inspector.ask('HeapProfiler.collectGarbage');
    await inspector.ask('HeapProfiler.collectGarbage');
    const { result } = (await inspector.ask('Runtime.evaluate', { expression: EXPRESSION })) as { result: { value: string } };
    const { heapUsed, arrayBuffers, rss } = JSON.parse(result.value) as NodeJS.MemoryUsage;
    return { heapBytes: heapUsed, arrayBytes: arrayBuffers, residentBytes: rss };
  } finally {
    inspector.close();
  }
}
