import {
  Actor as ActorValue,
  DisabledReason as DisabledReasonValue,
  EndpointStatus as EndpointStatusValue,
  EventSource as EventSourceValue,
  InstallationStatus as InstallationStatusValue,
  Mode as ModeValue,
  PayloadStyle as PayloadStyleValue,
  Visibility as VisibilityValue,
} from '@hookwright/contracts';
import { validationFailed } from '@hookwright/runtime';
import { invalid } from '../fields/field-rules.ts';
import type {
  Actor,
  DisabledReason,
  EndpointStatus,
  EventSource,
  InstallationStatus,
  Mode,
  PayloadStyle,
  Visibility,
} from '../generated/prisma/enums.ts';

/** One enum in its two forms: our word, as the database and the API have it, and protobuf's number. */
class EnumWords<Word extends string, Value extends number> {
  constructor(private readonly values: Readonly<Record<Word, Value>>) {}

  valueOf(word: Word): Value {
    return this.values[word];
  }

  /** The word for a number, or undefined for "unspecified" and for numbers of a newer version. */
  wordOf(value: Value): Word | undefined {
    return (Object.keys(this.values) as Word[]).find((word) => this.values[word] === value);
  }

  /** Throws a problem that points at the field when there is no word for the number. */
  read(value: Value, pointer: string): Word {
    const word = this.wordOf(value);
    if (word === undefined) throw validationFailed([invalid(pointer, `must be one of ${Object.keys(this.values).join(', ')}`)]);
    return word;
  }
}

export const MODES = new EnumWords<Mode, ModeValue>({ live: ModeValue.LIVE, test: ModeValue.TEST });

export const VISIBILITIES = new EnumWords<Visibility, VisibilityValue>({
  private: VisibilityValue.PRIVATE,
  public: VisibilityValue.PUBLIC,
});

export const ENDPOINT_STATUSES = new EnumWords<EndpointStatus, EndpointStatusValue>({
  pending_verification: EndpointStatusValue.PENDING_VERIFICATION,
  enabled: EndpointStatusValue.ENABLED,
  paused: EndpointStatusValue.PAUSED,
  disabled: EndpointStatusValue.DISABLED,
});

export const DISABLED_REASONS = new EnumWords<DisabledReason, DisabledReasonValue>({
  manual: DisabledReasonValue.MANUAL,
  gone_410: DisabledReasonValue.GONE_410,
  sustained_failure: DisabledReasonValue.SUSTAINED_FAILURE,
  verification_failed: DisabledReasonValue.VERIFICATION_FAILED,
});

export const EVENT_SOURCES = new EnumWords<EventSource, EventSourceValue>({
  partner_app: EventSourceValue.PARTNER_APP,
  installed_merchants: EventSourceValue.INSTALLED_MERCHANTS,
});

export const PAYLOAD_STYLES = new EnumWords<PayloadStyle, PayloadStyleValue>({
  full: PayloadStyleValue.FULL,
  thin: PayloadStyleValue.THIN,
});

export const INSTALLATION_STATUSES = new EnumWords<InstallationStatus, InstallationStatusValue>({
  pending_consent: InstallationStatusValue.PENDING_CONSENT,
  active: InstallationStatusValue.ACTIVE,
  pending_permission_upgrade: InstallationStatusValue.PENDING_PERMISSION_UPGRADE,
  suspended: InstallationStatusValue.SUSPENDED,
  revoked: InstallationStatusValue.REVOKED,
});

export const ACTORS = new EnumWords<Actor, ActorValue>({
  merchant: ActorValue.MERCHANT,
  partner: ActorValue.PARTNER,
  operator: ActorValue.OPERATOR,
});
