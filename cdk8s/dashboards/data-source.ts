// The data source that every panel asks; Grafana's provisioning gives it this uid.

export const DATA_SOURCE_UID = 'prometheus';

export const DATA_SOURCE = { type: 'prometheus', uid: DATA_SOURCE_UID } as const;
