import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram } from 'prom-client';

// Templates only, never a path or an id: the number of series is the number of routes.
const requests = new Counter({
  name: 'hookwright_gateway_requests_total',
  help: 'HTTP requests by route and class of status',
  labelNames: ['method', 'route', 'status'],
});

const durations = new Histogram({
  name: 'hookwright_gateway_request_duration_seconds',
  help: 'From a request to its answer',
  labelNames: ['method', 'route'],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});

/** Fastify's onResponse hook. */
export function countRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const { method } = request;
  const route = request.routeOptions.url ?? 'none';
  const status = `${Math.floor(reply.statusCode / 100)}xx`;
  requests.inc({ method, route, status });
  durations.observe({ method, route }, reply.elapsedTime / 1000);
  done();
}
