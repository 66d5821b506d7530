import { type Encoded, encoded, unencodable } from '../common/index.ts';
import { ACK, type Asked, CAN, type Carried, type EdmiCommand, FILE, LOGIN, LOGOUT, MULTI_READ, READ_EXTENDED, REGISTER_FORMS } from './command.ts';

/** The octets of a command, for {@link encodeEdmiFrame}. */
export function encodeEdmiCommand(command: EdmiCommand): Encoded {
  switch (command.kind) {
    case 'ack':
      return encoded(Uint8Array.of(ACK));
    case 'logout':
      return encoded(Uint8Array.of(LOGOUT));
    case 'can':
      return encodeCan(command.errorCode);
    case 'login':
      return encodeLogin(command.user, command.password);
    case 'file':
      return encoded(joined(Uint8Array.of(FILE), command.payload));
    case 'multi-read':
      return encodeMultiRead(command.registers);
    case 'multi-read-reply':
      return encoded(joined(Uint8Array.of(READ_EXTENDED, 0x00, 0x00, 0xff, 0xf1), command.data));
    case 'read':
    case 'read-extended':
    case 'data-type':
    case 'unit':
      return encodeRegister(command.kind, command.register, new Uint8Array(0));
    case 'write':
    case 'write-extended':
      return encodeRegister(command.kind, command.register, command.data);
    case 'read-reply':
    case 'read-extended-reply':
    case 'data-type-reply':
    case 'unit-reply':
      if (command.data.length === 0) return unencodable('data: a reply to a read carries data', 0);
      return encodeRegister(command.kind, command.register, command.data);
  }
}

function encodeCan(errorCode: number | null): Encoded {
  if (errorCode === null) return encoded(Uint8Array.of(CAN));
  if (!Number.isInteger(errorCode) || errorCode < 0 || errorCode > 0xff) return unencodable('error code: one octet', errorCode);
  return encoded(Uint8Array.of(CAN, errorCode));
}

/** Says what is wrong without saying the password. */
function encodeLogin(user: string | null, password: string): Encoded {
  if (user?.includes(',')) return unencodable('user: without a comma', '');
  if (user === null && password.includes(',')) return unencodable('password: without a comma where there is no user', '');
  const text = user === null ? password : `${user},${password}`;
  const octets = new Uint8Array(text.length + 2);
  octets[0] = LOGIN;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 0xff) return unencodable('login: characters 01 to FF', '');
    octets[index + 1] = code;
  }
  return encoded(octets);
}

function encodeRegister(kind: Asked | Carried, register: number, data: Uint8Array): Encoded {
  const form = REGISTER_FORMS.find(({ asks, carries }) => asks === kind || carries === kind);
  if (form === undefined) return unencodable('command: one with a register', kind);
  const { letter, width } = form;
  const most = width === 2 ? 0xffff : 0xffff_ffff;
  if (!Number.isInteger(register) || register < 0 || register > most) return unencodable(`register: ${width} octets`, register);
  if (letter === READ_EXTENDED && register === MULTI_READ) return unencodable('register: 0000FFF1 stands for several, see multi-read', 'FFF1');
  const octets = new Uint8Array(1 + width + data.length);
  octets[0] = letter;
  putRegister(octets, 1, width, register);
  octets.set(data, 1 + width);
  return encoded(octets);
}

function encodeMultiRead(registers: readonly number[]): Encoded {
  const octets = new Uint8Array(5 + registers.length * 4);
  octets[0] = READ_EXTENDED;
  putRegister(octets, 1, 4, MULTI_READ);
  for (const [index, register] of registers.entries()) {
    if (!Number.isInteger(register) || register < 0 || register > 0xffff_ffff) return unencodable('registers: four octets each', register);
    putRegister(octets, 5 + index * 4, 4, register);
  }
  return encoded(octets);
}

function putRegister(octets: Uint8Array, to: number, width: 2 | 4, register: number): void {
  for (let at = 0; at < width; at++) octets[to + at] = register >>> (8 * (width - 1 - at));
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const octets = new Uint8Array(head.length + tail.length);
  octets.set(head);
  octets.set(tail, head.length);
  return octets;
}
