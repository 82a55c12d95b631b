using Recs.Engine.Embedded;

namespace Recs.Training.Tests.Data;

/// <summary>A data folder as a server writes it, in a temporary place.</summary>
internal sealed class DataFolderBuilder : IDisposable
{
    private readonly Dictionary<string, long> _sequences = new(StringComparer.Ordinal);

    public string Root { get; } = Directory.CreateTempSubdirectory("recs-data-").FullName;

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public async Task AddItemsAsync(IReadOnlyList<Item> items, DateTimeOffset now)
    {
        await using var store = CatalogStore.Open(DataFolder.Catalog(Root), new SegmentedLogOptions(), new ItemCatalog(), out _);
        foreach (var chunk in items.Chunk(Limits.MaxItemsPerBatch))
            await store.UpsertAsync(chunk, now);
    }

    public async Task AddEventsAsync(IEnumerable<Interaction> events)
    {
        await using var log = SegmentedLog.Open(DataFolder.Events(Root), new SegmentedLogOptions(), out _);
        foreach (var chunk in events.Chunk(1_000))
            await log.AppendAsync(LogEntryCodec.Encode(new LogEntry.Events([.. chunk.Select(Logged)])));
    }

    public async Task AppendAsync(LogEntry entry)
    {
        await using var log = SegmentedLog.Open(DataFolder.Events(Root), new SegmentedLogOptions(), out _);
        await log.AppendAsync(LogEntryCodec.Encode(entry));
    }

    public LoggedEvent Logged(Interaction e) => new()
    {
        UserId = e.UserId,
        Sequence = _sequences[e.UserId] = _sequences.GetValueOrDefault(e.UserId) + 1,
        ItemId = e.ItemId,
        Type = e.Type,
        AtMs = e.Timestamp!.Value.ToUnixTimeMilliseconds(),
        Weight = e.Weight,
        Revenue = e.Revenue,
    };
}
