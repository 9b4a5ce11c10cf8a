import type { Usage, UsageSum } from "@/api";
import { formatCount } from "@/model/format";
import { describeCost } from "@/model/modelCalls";
import { texts } from "@/texts";
import { CELL, ROW, Table } from "./tables";

/** The tokens and the costs of each model, and of all models below them. */
export function ModelTable({ usage: { models = [], total } }: { usage: Usage }) {
  const words = texts.overviewTables;
  return (
    <Table
      label={words.byModel}
      columns={[
        { name: words.model },
        { name: words.calls },
        { name: words.input, isWide: true },
        { name: words.output, isWide: true },
        { name: words.cost },
      ]}
    >
      {models.map((each) => (
        <Figures key={each.models.join()} name={each.models[0] ?? words.unnamedModel} sum={each} />
      ))}
      {models.length > 1 && total !== undefined && <Figures name={words.allModels} sum={total} />}
    </Table>
  );
}

function Figures({ name, sum }: { name: string; sum: UsageSum }) {
  return (
    <tr className={ROW}>
      <td className={`${CELL} max-w-60 truncate`}>{name}</td>
      <td className={`${CELL} text-end`}>{formatCount(sum.calls)}</td>
      <td className={`${CELL} text-end max-sm:hidden`}>{formatCount(sum.inputTokens)}</td>
      <td className={`${CELL} text-end max-sm:hidden`}>{formatCount(sum.outputTokens)}</td>
      <td className={`${CELL} text-end whitespace-nowrap`}>{describeCost(sum)}</td>
    </tr>
  );
}
