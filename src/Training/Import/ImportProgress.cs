namespace Recs.Training.Import;

/// <param name="Stage">"reading", "items" or "events".</param>
/// <param name="Done">Bytes read, items or events sent.</param>
/// <param name="Total">What <paramref name="Done"/> ends at.</param>
public sealed record ImportProgress(string Stage, long Done, long Total);
