using Recs.Grains.Control;

namespace Recs.Cluster.Tests.Control;

public class ClusterFiguresTests
{
    [Fact]
    public void A_space_that_the_furthest_silo_does_not_serve_yet_is_told_of_all_the_same()
    {
        var merged = ClusterFigures.Merge(
        [
            Silo(version: 9, new SpaceFigures("text", 16, "cosine", 90, 1_000)),
            Silo(version: 8, new SpaceFigures("text", 16, "cosine", 80, 2_000), new SpaceFigures("image", 32, "ip", 7, 300)),
            Silo(version: 7, new SpaceFigures("image", 32, "ip", 6, 30, "no memory")),
        ], []);
        Assert.Equal(
            [new SpaceFigures("text", 16, "cosine", 90, 3_000), new SpaceFigures("image", 32, "ip", 7, 330, "no memory")], merged.Spaces);
        Assert.Null(ClusterFigures.Merge([Silo(version: 1)], []).Spaces);
    }

    private static RecommenderStatus Silo(long version, params SpaceFigures[] spaces) => new()
    {
        Ready = true,
        StartedAt = DateTimeOffset.UnixEpoch,
        ModelVersion = null,
        PagesPerSecond = 0,
        EventsPerSecond = 0,
        DegradedShare = 0,
        Stages = new Dictionary<string, LatencySummary>(),
        ClickThroughRate = null,
        ModelFreshness = null,
        CatalogItems = 0,
        AvailableItems = 0,
        CatalogVersion = version,
        Users = 0,
        ActiveSessions = 0,
        TotalEvents = 0,
        EventLogBytes = 0,
        DataFolderBytes = 0,
        ManagedMemoryBytes = 0,
        WorkingSetBytes = 0,
        Spaces = spaces.Length == 0 ? null : spaces,
    };
}
