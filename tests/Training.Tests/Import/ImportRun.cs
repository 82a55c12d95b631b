using Recs.Training.Import;

namespace Recs.Training.Tests.Import;

/// <summary>One import into a fake, as a test wants it.</summary>
internal sealed class ImportRun(FakeRecommender? target = null, bool strict = false)
{
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    public FakeRecommender Target { get; } = target ?? new FakeRecommender(new FixedTime(Now));

    public RejectLog Rejects { get; } = new(strict);

    public ImportReport Events(string path, Func<EventImportOptions, EventImportOptions>? with = null)
    {
        var options = new EventImportOptions { Format = FileFormat.Choose(path) };
        options = with?.Invoke(options) ?? options;
        var table = EventFile.Read(path, options, Now, Rejects);
        return Importer.SendEventsAsync(table, options.UnknownItems, Target, Rejects).GetAwaiter().GetResult().WithRejects(Rejects);
    }

    public ImportReport Items(string path, Func<ItemImportOptions, ItemImportOptions>? with = null)
    {
        var options = new ItemImportOptions { Format = FileFormat.Choose(path) };
        var items = ItemFile.Read(path, with?.Invoke(options) ?? options, Rejects);
        return Importer.SendItemsAsync(items, Target).GetAwaiter().GetResult().WithRejects(Rejects);
    }

    /// <summary>Line and reason of every row that was kept for showing.</summary>
    public string[] Bad => [.. Rejects.First.Select(r => $"{r.Line} {r.Reason}")];

    internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
