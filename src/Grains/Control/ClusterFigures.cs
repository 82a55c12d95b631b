using Recs.Engine.Ranking.Shadow;
using Recs.Grains.Silo;

namespace Recs.Grains.Control;

/// <summary>Puts the silos' and partitions' figures together.</summary>
internal sealed class ClusterFigures(SiloEngine engine, Silos silos, IGrainFactory grains)
{
    private static readonly TimeSpan OutboxPatience = TimeSpan.FromMilliseconds(250), SiloPatience = TimeSpan.FromSeconds(2);

    /// <exception cref="RecommenderException">NotReady: no silo answered.</exception>
    public async Task<RecommenderStatus> ReadAsync()
    {
        var perSilo = new List<RecommenderStatus>();
        await silos.OnEachAsync(
            silos.Active().Select(s => s.ToParsableString()),
            async agent =>
            {
                var status = await agent.StatusAsync(OutboxPatience);
                lock (perSilo)
                    perSilo.Add(status);
            },
            SiloPatience);
        if (perSilo.Count == 0)
            throw new RecommenderException(RefusalKind.NotReady, "No silo told its figures.") { RetryAfter = TimeSpan.FromSeconds(1) };
        var partitions = await Task.WhenAll(
            Enumerable.Range(0, engine.Options.LogPartitions).Select(p => grains.GetGrain<IEventLogGrain>(p).FiguresAsync()));
        return Merge(perSilo, partitions);
    }

    internal static RecommenderStatus Merge(IReadOnlyList<RecommenderStatus> silos, IReadOnlyList<LogFigures> partitions)
    {
        // Every silo has the whole catalogue; the one that is furthest says what it is.
        var furthest = silos.MaxBy(s => s.CatalogVersion)!;
        var pages = silos.Sum(s => s.PagesPerSecond);
        return furthest with
        {
            Ready = silos.All(s => s.Ready),
            Starting = silos.FirstOrDefault(s => !s.Ready)?.Starting,
            StartedAt = silos.Min(s => s.StartedAt),
            PagesPerSecond = pages,
            EventsPerSecond = silos.Sum(s => s.EventsPerSecond),
            DegradedShare = pages > 0 ? silos.Sum(s => s.DegradedShare * s.PagesPerSecond) / pages : 0,
            Stages = Stages(silos),
            ClickThroughRate = Mean(silos.Where(s => s.ClickThroughRate is not null).Select(s => (s.ClickThroughRate!.Value, s.PagesPerSecond))),
            ModelVersion = silos.Min(s => s.ModelVersion),
            Users = partitions.Sum(p => p.Users),
            ActiveSessions = silos.Sum(s => s.ActiveSessions),
            TotalEvents = partitions.Sum(p => p.Events),
            EventLogBytes = partitions.Sum(p => p.Bytes),
            DataFolderBytes = partitions.Sum(p => p.Bytes),
            ManagedMemoryBytes = silos.Sum(s => s.ManagedMemoryBytes),
            Shadow = ShadowFigures.Sum(silos.Select(s => s.Shadow)),
            WorkingSetBytes = silos.Sum(s => s.WorkingSetBytes),
            Spaces = Spaces(silos),
        };
    }

    // Every silo has every vector, save one that was started before the space was declared: the furthest that has the
    // space says what it is, in the memory of all.
    private static SpaceFigures[]? Spaces(IReadOnlyList<RecommenderStatus> silos)
    {
        var spaces = silos.OrderByDescending(s => s.CatalogVersion).SelectMany(s => s.Spaces ?? []).GroupBy(s => s.Name, StringComparer.Ordinal);
        SpaceFigures[] all = [.. spaces.Select(space => space.First() with
        {
            MemoryBytes = space.Sum(s => s.MemoryBytes),
            Problem = space.Select(s => s.Problem).FirstOrDefault(problem => problem is not null),
        })];
        return all.Length == 0 ? null : all;
    }

    // Percentiles do not add up; the mean by number of samples is near when the silos are alike, and the operator page
    // says so. The 99th is the worst silo's, which is what an alarm should see.
    private static Dictionary<string, LatencySummary> Stages(IReadOnlyList<RecommenderStatus> silos)
    {
        var stages = new Dictionary<string, LatencySummary>(StringComparer.Ordinal);
        foreach (var stage in silos.SelectMany(s => s.Stages).GroupBy(s => s.Key, s => s.Value, StringComparer.Ordinal))
        {
            var count = stage.Sum(s => s.Count);
            stages[stage.Key] = new LatencySummary(
                count,
                Mean(stage.Select(s => (s.P50Ms, (double)s.Count))) ?? 0,
                Mean(stage.Select(s => (s.P90Ms, (double)s.Count))) ?? 0,
                stage.Max(s => s.P99Ms));
        }

        return stages;
    }

    private static double? Mean(IEnumerable<(double Value, double Weight)> values)
    {
        double sum = 0, weights = 0, plain = 0;
        var count = 0;
        foreach (var (value, weight) in values)
        {
            sum += value * weight;
            weights += weight;
            plain += value;
            count++;
        }

        return weights > 0 ? sum / weights : count > 0 ? plain / count : null;
    }
}
