export { createMpanDefinition, MPAN_KIND, type MpanDefinitionOptions, mpanActorId, mpanState } from './definition.ts';
export { type MpanImport, type MpanImported, mpanHandlers } from './handlers.ts';
export { type MpanOptions, MpanOptionsSchema } from './options.ts';
export { contextOf, type MeterView, type MpanView, type ServiceAppointmentView, toMeterViews, toMpanView } from './view.ts';
