import { z } from 'zod';

/** A generated protobuf enum: names to numbers and back. */
type ProtoEnum = Readonly<Record<string, string | number>>;
type Names<Enum extends ProtoEnum> = Exclude<{ [Name in keyof Enum]: Enum[Name] extends number ? Name : never }[keyof Enum], 'UNSPECIFIED'>;
export type EnumText<Enum extends ProtoEnum> = Lowercase<Names<Enum> & string>;

/** The API's texts of a protobuf enum: its names in lower case, without UNSPECIFIED. */
export function enumTexts<Enum extends ProtoEnum>(values: Enum): EnumText<Enum>[] {
  const names = Object.entries(values).filter(([name, value]) => typeof value === 'number' && name !== 'UNSPECIFIED');
  return names.map(([name]) => name.toLowerCase() as EnumText<Enum>);
}

/** A schema of those texts. */
export function enumSchema<Enum extends ProtoEnum>(values: Enum): z.ZodEnum<{ [Text in EnumText<Enum>]: Text }> {
  return z.enum(enumTexts(values));
}

/** Throws for UNSPECIFIED and for numbers of a newer version: a service that answers so is a bug. */
export function enumText<Enum extends ProtoEnum>(values: Enum, value: number): EnumText<Enum> {
  const name = values[value];
  if (typeof name !== 'string' || name === 'UNSPECIFIED') throw new Error(`a service answered the enum value ${value}`);
  return name.toLowerCase() as EnumText<Enum>;
}

/** null for UNSPECIFIED. */
export function enumTextOrNull<Enum extends ProtoEnum>(values: Enum, value: number): EnumText<Enum> | null {
  return value === 0 ? null : enumText(values, value);
}

export function enumValue<Enum extends ProtoEnum>(values: Enum, text: EnumText<Enum>): Enum[Uppercase<EnumText<Enum>> & keyof Enum] {
  return values[text.toUpperCase()] as Enum[Uppercase<EnumText<Enum>> & keyof Enum];
}
