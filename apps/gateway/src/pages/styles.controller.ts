import { Controller, Get, Header } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiExcludeController } from '@nestjs/swagger';
import { STYLES, STYLES_ROUTE } from './styles.ts';

@ApiExcludeController()
@Controller()
export class StylesController {
  @Get(STYLES_ROUTE)
  @RouteConfig({ access: 'public' })
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('cache-control', 'public, max-age=31536000, immutable')
  styles(): string {
    return STYLES;
  }
}
