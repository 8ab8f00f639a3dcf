import { Controller, Get, Header } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Operation } from '../access/operation.ts';
import { errorsPage } from './errors-page.ts';
import { Documents } from './documents.ts';

@ApiTags('Catalogue')
@Controller()
export class OpenApiController {
  constructor(private readonly documents: Documents) {}

  @Get('v1/openapi.json')
  @Operation({ access: 'public', id: 'getOpenApi', summary: 'This document', answers: { 200: z.record(z.string(), z.unknown()) } })
  document(): OpenAPIObject {
    return this.documents.openApi;
  }

  @Get('docs/errors')
  @Header('content-type', 'text/html; charset=utf-8')
  @Operation({ access: 'public', id: 'getErrors', summary: 'Every error code, for people', answers: { 200: null } })
  errors(): string {
    return errorsPage();
  }
}
