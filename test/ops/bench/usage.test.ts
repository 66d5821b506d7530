import test from 'ava';
import { cpuMs, mainThreadCpuMs, memoryOf, parseCpuMs, parseMemory, treeCpuMs } from '../../../ops/bench/process/usage.ts';

test('CPU is user and system time in ticks of 10 ms, whatever the process is called', (t) => {
  t.is(parseCpuMs('42 (a name) with ) brackets) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0 11 0 99'), 1_500);
});

test('private memory is anonymous and shared memory; files are told apart', (t) => {
  const status = 'Name:\tnode\nVmRSS:\t  999 kB\nRssAnon:\t     100 kB\nRssFile:\t      20 kB\nRssShmem:\t       3 kB\n';
  t.deepEqual(parseMemory(status), { privateBytes: 103 * 1_024, mappedBytes: 20 * 1_024 });
});

test('both can be read of a running process', (t) => {
  t.true(cpuMs(process.pid) > 0);
  t.true(memoryOf(process.pid).privateBytes > 1_000_000);
});

test('the main thread used no more than all threads together', (t) => {
  const main = mainThreadCpuMs(process.pid);
  t.true(main > 0);
  t.true(main <= cpuMs(process.pid));
});

test('the CPU of a tree holds that of its root, and of one that has ended there is none', (t) => {
  const own = cpuMs(process.pid);
  t.true(treeCpuMs(process.pid) >= own);
  t.is(treeCpuMs(2 ** 22 + 1), 0);
});
