import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from './openapi-document.ts';

/** The documents that the gateway makes of itself when it starts. */
@Injectable()
export class Documents {
  private document: OpenAPIObject | undefined;

  get openApi(): OpenAPIObject {
    if (this.document === undefined) throw new Error('the documents are made before the server listens');
    return this.document;
  }

  /** Makes them and serves the readable page at /docs, from files of the package swagger-ui-dist. */
  serve(app: NestFastifyApplication): void {
    const document = openApiDocument(app);
    this.document = document;
    SwaggerModule.setup('docs', app, document, {
      raw: false,
      customSiteTitle: 'Hookwright API',
      // Swagger UI would ask a server on the internet whether the document is valid.
      swaggerOptions: { validatorUrl: null, docExpansion: 'list', tryItOutEnabled: false },
    });
  }
}
