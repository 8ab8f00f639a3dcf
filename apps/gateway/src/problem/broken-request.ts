import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '@hookwright/contracts';
import { PROBLEMS, Problem, type ProblemCode } from '@hookwright/runtime';
import { problemDocument } from './problem-document.ts';
import { PROBLEM_TYPE } from './send-problem.ts';

const BY_CODE: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'The request line and the headers may have 16 KiB together.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
};

/** Answers what is no HTTP request, on the bare socket: no request or reply exists yet. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = BY_CODE[error.code ?? ''] ?? ['invalid_request', 'This is not a valid HTTP request.'];
  socket.end(answerText(code, detail), () => socket.destroy());
}

function answerText(code: ProblemCode, detail: string): string {
  const requestId = newId('req');
  const { status } = PROBLEMS[code];
  const body = JSON.stringify(problemDocument(new Problem(code, detail), '', requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'x-content-type-options: nosniff',
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
