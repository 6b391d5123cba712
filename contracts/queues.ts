/** Task queues; which process polls which decides who can open what. */
export const taskQueues = {
  /** Workflows and quick activities without secrets. */
  engine: 'firebreak-engine',
  /** Actions that need neither raw credentials nor addresses. */
  actions: 'firebreak-actions',
  /** Actions that open raw credentials (key class `secrets`). */
  privileged: 'firebreak-privileged',
  /** Actions that open addresses of people (key class `people`). */
  mail: 'firebreak-mail',
} as const;

/** Name of a queue in plans and configuration. */
export type QueueName = keyof typeof taskQueues;
