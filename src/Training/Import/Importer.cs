namespace Recs.Training.Import;

/// <summary>
/// Sends what was read to a recommender, in order, batch by batch. Events carry their rows, so an import that stopped
/// goes on where it was when it is run again, and a whole one changes nothing. Stateless.
/// </summary>
public static class Importer
{
    /// <summary>How many items are looked up at a time.</summary>
    private const int LookupsAtOnce = 8;

    /// <summary>Writes items in batches of <see cref="Limits.MaxItemsPerBatch"/>, fewer where their vectors are large.</summary>
    public static async Task<ImportReport> SendItemsAsync(
        IReadOnlyList<Item> items, IRecommender target, IProgress<ImportProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        var report = new ImportReport();
        for (var first = 0; first < items.Count;)
        {
            var batch = Batch(items, first);
            var receipt = await target.UpsertItemsAsync(batch, cancellationToken).ConfigureAwait(false);
            report = report with
            {
                ItemsAdded = report.ItemsAdded + receipt.Added,
                ItemsReplaced = report.ItemsReplaced + receipt.Replaced,
                ItemsUnchanged = report.ItemsUnchanged + receipt.Unchanged,
            };
            first += batch.Length;
            progress?.Report(new ImportProgress("items", first, items.Count));
        }

        return report;
    }

    /// <summary>As many items from <paramref name="first"/> on as one call may carry, at least one.</summary>
    private static Item[] Batch(IReadOnlyList<Item> items, int first)
    {
        long bytes = 0;
        var next = first;
        while (next < items.Count && next - first < Limits.MaxItemsPerBatch)
        {
            foreach (var vector in items[next].Vectors?.Values ?? [])
                bytes += sizeof(float) * (long)vector.Length;
            if (bytes > Limits.MaxVectorBytesPerBatch && next > first)
                break;
            next++;
        }

        return [.. items.Skip(first).Take(next - first)];
    }

    /// <summary>
    /// Sends a sorted table in batches of <see cref="Limits.MaxEventsPerBatch"/>, each after the one before is durable.
    /// </summary>
    /// <param name="events">The events.</param>
    /// <param name="unknownItems">What to do about items that the catalogue does not hold.</param>
    /// <param name="target">Takes them.</param>
    /// <param name="rejects">Takes the rows of unknown items.</param>
    /// <param name="report">Added to: items, when they came along.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static async Task<ImportReport> SendEventsAsync(
        EventTable events, UnknownItems unknownItems, IRecommender target, RejectLog rejects, ImportReport? report = null,
        IProgress<ImportProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        report ??= new ImportReport();
        var created = await SettleUnknownAsync(events, unknownItems, target, rejects, cancellationToken).ConfigureAwait(false);
        report = report with { ItemsCreated = report.ItemsCreated + created, Events = events.Count, Users = events.UserCount, Source = events.Source };
        if (events.Count > 0)
            report = report with
            {
                FirstEvent = DateTimeOffset.FromUnixTimeMilliseconds(events.Range.FirstMs),
                LastEvent = DateTimeOffset.FromUnixTimeMilliseconds(events.Range.LastMs),
            };
        for (var first = 0; first < events.Count; first += Limits.MaxEventsPerBatch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = new Interaction[Math.Min(Limits.MaxEventsPerBatch, events.Count - first)];
            for (var i = 0; i < batch.Length; i++)
                batch[i] = events[first + i];
            var receipt = await target.ObserveAsync(batch, new ImportRows(events.Source, first), cancellationToken).ConfigureAwait(false);
            report = report with
            {
                EventsAccepted = report.EventsAccepted + receipt.Accepted,
                EventsDuplicate = report.EventsDuplicate + receipt.Duplicates,
            };
            progress?.Report(new ImportProgress("events", first + batch.Length, events.Count));
        }

        return report;
    }

    /// <summary>Makes the items that are not there, or rejects their rows; returns how many were made.</summary>
    private static async Task<int> SettleUnknownAsync(
        EventTable events, UnknownItems unknownItems, IRecommender target, RejectLog rejects, CancellationToken cancellationToken)
    {
        var known = new bool[events.ItemCount];
        await Parallel.ForAsync(
            0, known.Length,
            new ParallelOptions { MaxDegreeOfParallelism = LookupsAtOnce, CancellationToken = cancellationToken },
            async (item, token) => known[item] = await target.GetItemAsync(events.ItemId(item), token).ConfigureAwait(false) is not null)
            .ConfigureAwait(false);
        var unknown = new List<Item>();
        for (var item = 0; item < known.Length; item++)
            if (!known[item])
                unknown.Add(new Item { Id = events.ItemId(item), Title = events.ItemId(item) });
        if (unknown.Count == 0)
            return 0;
        if (unknownItems == UnknownItems.Create)
            return (await SendItemsAsync(unknown, target, null, cancellationToken).ConfigureAwait(false)).ItemsAdded;
        events.Keep(
            item => known[item],
            (id, line) => rejects.Add(events.File, line, "unknown item", $"itemId was {EventRules.Quote(id)}; the catalogue has no such item."));
        // Other rows are left than the whole file's: a name of their own keeps their numbers apart.
        var names = unknown.Select(u => u.Id).Order(StringComparer.Ordinal);
        events.Source = EventFile.SourceName(["without", events.Source, .. names]);
        return 0;
    }
}
