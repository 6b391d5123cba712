import { isJsonObject, type Json, type JsonObject } from '../../contracts/json.ts';
import {
  instantOf,
  invalid,
  objectIn,
  parseObject,
  plainId,
  requireText,
  scrubbed,
  severityOf,
  textIn,
} from './json-body.ts';
import type { DetectorEvent, ReadEvents } from './port.ts';

const ALERTS_MAX = 100;

function eventOf(alert: Json, group: JsonObject): DetectorEvent {
  if (!isJsonObject(alert)) throw invalid('an alert is no object');
  const labels = objectIn(alert, 'labels');
  const name = plainId(requireText(labels, 'alertname'));
  const isOver = textIn(alert, 'status') === 'resolved';
  const severity = severityOf(labels.severity);
  const time = instantOf(alert.startsAt);
  return {
    ...{ id: plainId(`${requireText(alert, 'fingerprint')}@${time ?? ''}`), kind: isOver ? `${name}.resolved` : name },
    sample: labels.test === 'true' || labels.sample === 'true',
    fields: scrubbed({ ...alert, group }) as JsonObject,
    ...(severity === undefined ? {} : { severity }),
    ...(time === undefined ? {} : { time }),
  };
}

/**
 * Webhooks of Prometheus Alertmanager, version 4. The kind is the alert's name, with `.resolved` once it is over; the id is
 * fingerprint and start, so that it stays while the alert is sent again. The label `test` or `sample` marks a test.
 *
 * @source prometheus.io, alerting configuration, webhook_config
 */
export const readAlertmanager: ReadEvents = ({ body: raw }) => {
  const { alerts, ...group } = parseObject(raw);
  if (group.version !== '4') throw invalid('`version` is not "4"');
  if (!Array.isArray(alerts) || alerts.length === 0 || alerts.length > ALERTS_MAX)
    throw invalid(`\`alerts\` is not a list of 1 to ${ALERTS_MAX}`);
  return (alerts as readonly Json[]).map((alert) => eventOf(alert, group));
};
