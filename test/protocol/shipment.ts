/** A type of authorization details, as an operator would write it down. */
export const STOCK = 'https://api.example.com/stock';
export const YARD = 'https://api.example.com/yard';

export const SHIPMENT = {
  type: 'stock_shipment',
  text: { ru: 'Отгружать товар со склада', en: 'Ship goods from the warehouse' },
  fields: {
    actions: {
      kind: 'choices',
      text: { ru: 'Что можно делать', en: 'What may be done' },
      values: { ship: { ru: 'отгрузить', en: 'ship' }, look: { ru: 'посмотреть', en: 'look' } },
    },
    warehouse: { kind: 'text', max: 40, text: { ru: 'Место', en: 'Place' } },
    amount: {
      ...{ kind: 'limit', max: 1_000_000, decimals: 2 },
      text: { ru: 'На сумму до, ₽', en: 'Worth up to, ₽' },
    },
    urgency: {
      ...{ kind: 'choice', optional: true, text: { ru: 'Срочность', en: 'Urgency' } },
      values: { soon: { ru: 'срочно', en: 'soon' } },
    },
  },
};
