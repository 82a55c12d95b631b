using System.Globalization;
using Recs.Grains.Silo;

namespace Recs.Grains;

/// <summary>
/// The ledger of one import source. Rows are handed on in small parts, each with event ids that follow from source and
/// row, and the ledger advances behind each: a part that a crash cut short is handed on again, and its users drop what
/// they have.
/// </summary>
internal sealed class ImportGrain(
    [PersistentState("import", ClusterNames.Storage)] IPersistentState<ImportRecord> stored, SiloEngine engine) : Grain, IImportGrain
{
    /// <summary>Below the window of event ids that a user remembers, whatever else it does meanwhile.</summary>
    private int PartRows => Math.Max(1, engine.Options.Sessions.EventIdWindow / 2);

    public async Task<Receipt> ObserveAsync(IReadOnlyList<Interaction> events, long firstRow)
    {
        engine.CheckReady();
        var source = this.GetPrimaryKeyString();
        IdRules.Check("import.source", source);
        InteractionRules.Check(events, engine.Catalog, engine.Time.GetUtcNow());
        if (firstRow is < 0 or > long.MaxValue / 2)
            throw RecommenderException.Invalid("import.firstRow", firstRow, "0 or more");
        var reached = stored.State.Reached;
        if (firstRow > reached)
            throw RecommenderException.Invalid("import.firstRow", firstRow, $"at most {reached}, which this source has reached", kind: RefusalKind.Conflict);

        var known = (int)Math.Min(reached - firstRow, events.Count);
        var (accepted, duplicates) = (0, known);
        var sequences = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var at = known; at < events.Count; at += PartRows)
        {
            var part = new Interaction[Math.Min(PartRows, events.Count - at)];
            for (var i = 0; i < part.Length; i++)
                part[i] = events[at + i].EventId is null ? events[at + i] with { EventId = IdOf(source, firstRow + at + i) } : events[at + i];
            var receipt = await GrainFactory.GetGrain<IIntakeGrain>(0).ObserveAsync(part);
            accepted += receipt.Accepted;
            duplicates += receipt.Duplicates;
            foreach (var (id, sequence) in receipt.Sequences)
                sequences[id] = sequence;
            stored.State.Reached = firstRow + at + part.Length;
            await stored.WriteStateAsync();
        }

        return new Receipt(accepted, duplicates, sequences);
    }

    private static string IdOf(string source, long row) =>
        string.Create(CultureInfo.InvariantCulture, $"import:{StableHash.Of(source):x16}:{row}");
}

/// <summary>How far an import source got.</summary>
[GenerateSerializer, Alias("recs.import-record")]
public sealed class ImportRecord
{
    /// <summary>Rows taken.</summary>
    [Id(0)]
    public long Reached { get; set; }
}
