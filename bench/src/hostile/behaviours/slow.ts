import type { Behaviour } from '../connection.ts';

// Slow enough that a body never ends inside a deadline, quick enough that no idle timeout would notice.
const DRIP_MS = 100;

/** Says nothing. */
export const hang: Behaviour = { act: () => undefined };

/** The head at once, then a byte of the body at a time, for ever. */
export const drip: Behaviour = {
  act: (exchange) => {
    exchange.send('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
    exchange.every(DRIP_MS, () => exchange.send('a'));
  },
};

/** A byte of a header at a time, for ever. */
export const dripHeaders: Behaviour = {
  act: (exchange) => {
    exchange.send('HTTP/1.1 200 OK\r\nx-slow: ');
    exchange.every(DRIP_MS, () => exchange.send('a'));
  },
};

// A read takes 64 KiB at most: 256 KiB a second, so that 4 MiB take longer than any deadline, and a hang-up is still noticed soon.
const READ_PAUSE_MS = 250;

/** Reads the request's body slowly, and never answers. */
export const slowRead: Behaviour = {
  isBlindToBody: true,
  act: (exchange) => {
    const { socket } = exchange;
    socket.on('data', () => socket.pause());
    socket.pause();
    exchange.every(READ_PAUSE_MS, () => socket.resume());
  },
};

/** `n` times 100 Continue, then 200; with n=0 for ever. */
export const continueOn: Behaviour = {
  act: (exchange) => {
    const times = exchange.number('n', 0);
    let sent = 0;
    const goOn = (): void => {
      if (times > 0 && sent++ >= times) exchange.answer(200, 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      else exchange.send('HTTP/1.1 100 Continue\r\n\r\n', goOn);
    };
    goOn();
  },
};
