import { operatorGroup } from '../caller.ts';
import { formatDuration, parseDuration } from '../duration.ts';
import type { Json, JsonObject } from '../json.ts';
import type { Notes } from './imported.ts';
import { textOf } from './read-loose.ts';

const mostGroups = 100;
const mostPeople = 20;

interface Asked {
  /** Users or roles elsewhere; groups here. */
  readonly groups: readonly string[];
  readonly count: number;
  readonly timeoutMinutes?: Json;
}

interface AskedAt {
  readonly notes: Notes;
  readonly path: string;
  readonly groupsPath: string;
}

/** `{approval: {groups, count, timeout?}}`. */
export function approvalGate(asked: Asked, { notes, path, groupsPath }: AskedAt): JsonObject {
  const named = [...new Set(asked.groups)];
  const sound = named.filter((group) => /^[^\s\p{Cc}]{1,128}$/u.test(group)).slice(0, mostGroups);
  if (sound.length < named.length) notes.add(groupsPath, 'some are no names of groups and are left out.');
  if (sound.length === 0) notes.add(groupsPath, `names nobody: ${operatorGroup} may approve.`);
  else
    notes.add(
      groupsPath,
      `${sound.slice(0, 10).join(', ')}: each is read as a group; give the people a token with it.`,
    );
  const count = Math.min(Math.max(1, asked.count), mostPeople);
  if (asked.count > mostPeople)
    notes.add(groupsPath, `asks for ${asked.count} people; at most ${mostPeople} can be asked for.`);
  const timeout = durationOf(asked.timeoutMinutes);
  if (timeout === undefined && textOf(asked.timeoutMinutes) !== undefined)
    notes.add(path, 'its time limit is left out: it is no number of minutes.');
  return {
    approval: {
      groups: sound.length === 0 ? [operatorGroup] : sound,
      count,
      ...(timeout === undefined ? {} : { timeout }),
    },
  };
}

function durationOf(minutes: Json | undefined): string | undefined {
  const count = Number(textOf(minutes) ?? Number.NaN);
  if (!Number.isFinite(count) || count <= 0) return undefined;
  const text = formatDuration(count * 60_000);
  return parseDuration(text) === undefined ? undefined : text;
}
