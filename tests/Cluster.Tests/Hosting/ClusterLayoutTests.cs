using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using Recs.Engine.Embedded;
using Recs.Engine.Retrieval.Vectors;
using Recs.Grains.Hosting;
using Recs.Grains.Retrieval;
using Recs.Grains.Silo;

namespace Recs.Cluster.Tests.Hosting;

public sealed class ClusterLayoutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-layout-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_first_silo_s_number_of_log_partitions_is_the_cluster_s_for_good()
    {
        ClusterLayout.Check(Options(partitions: 3));
        var kept = File.ReadAllBytes(Path.Combine(_folder, "cluster.json"));

        ClusterLayout.Check(Options(partitions: 3));
        var refusal = Assert.Throws<RecommenderException>(() => ClusterLayout.Check(Options(partitions: 5)));

        Assert.Equal(RefusalKind.Conflict, refusal.Kind);
        Assert.Contains("3 log partitions", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("5", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("3", refusal.Legal);
        Assert.Equal(kept, File.ReadAllBytes(Path.Combine(_folder, "cluster.json")));
    }

    [Fact]
    public void Shards_and_replicas_may_differ_from_what_they_were()
    {
        ClusterLayout.Check(Options(partitions: 3) with { Shards = 2, Replicas = 2 });
        ClusterLayout.Check(Options(partitions: 3) with { Shards = 5, Replicas = 3 });
    }

    [Fact]
    public void The_folder_of_a_one_process_server_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(DataFolder.Sessions(_folder));
        var refusal = Assert.Throws<RecommenderException>(() => ClusterLayout.Check(Options(partitions: 4)));
        Assert.Equal(RefusalKind.Conflict, refusal.Kind);
        Assert.False(File.Exists(Path.Combine(_folder, "cluster.json")));
    }

    [Fact]
    public void Silos_that_start_at_once_agree()
    {
        Parallel.For(0, 8, _ => ClusterLayout.Check(Options(partitions: 7)));
        Assert.Throws<RecommenderException>(() => ClusterLayout.Check(Options(partitions: 4)));
    }

    [Fact]
    public void How_pages_are_made_is_kept_for_what_is_trained_beside_the_cluster()
    {
        Parallel.For(0, 8, n => ClusterLayout.Check(Options(partitions: 4) with { MaxCandidates = 100 + n % 2 }));
        Assert.InRange(PageSettings.Read(_folder).MaxCandidates, 100, 101);
        var last = Options(partitions: 4) with { MaxCandidates = 200, Sessions = new SessionOptions { HistoryCap = 7 } };
        ClusterLayout.Check(last);
        Assert.Equal(PageSettings.Of(last, last.Sessions), PageSettings.Read(_folder));
    }

    [Fact]
    public void A_silo_that_is_refused_declares_no_space()
    {
        ClusterLayout.Check(Options(partitions: 3));
        var refused = Options(partitions: 5) with { Spaces = [new VectorSpace("mistyped", 16, SpaceMetric.Cosine)] };
        var grains = Substitute.For<IGrainFactory>();

        var refusal = Assert.Throws<RecommenderException>(() => new SiloEngine(
            refused, TimeProvider.System, NullLogger<SiloEngine>.Instance, grains, new ShardRouter(grains, refused, TimeProvider.System)));

        Assert.Equal("logPartitions", refusal.Field);
        Assert.Empty(SpaceFile.Read(_folder));
    }

    [Fact]
    public void Silos_that_draw_by_seeds_of_their_own_do_not_write_each_other_s_settings_over()
    {
        ClusterLayout.Check(Options(partitions: 4) with { MaxCandidates = 200, Seed = 31 });
        File.SetLastWriteTimeUtc(DataFolder.Pages(_folder), DateTime.UnixEpoch);
        ClusterLayout.Check(Options(partitions: 4) with { MaxCandidates = 200, Seed = 32 });
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(DataFolder.Pages(_folder)));
        Assert.Equal(new PageSettings { MaxCandidates = 200 }, PageSettings.Read(_folder));
    }

    [Fact]
    public void A_first_space_closes_the_store_to_silos_that_know_of_none()
    {
        var format = Path.Combine(_folder, "format.json");
        ClusterLayout.Check(Options(partitions: 4));
        Assert.Empty(ClusterLayout.DeclareSpaces(Options(partitions: 4)));
        Assert.False(File.Exists(format));
        var text = new VectorSpace("text", 16, SpaceMetric.Cosine);
        Assert.Equal([text], ClusterLayout.DeclareSpaces(Options(partitions: 4) with { Spaces = [text] }));
        Assert.Equal("""{"format":2}""", File.ReadAllText(format));
        ClusterLayout.Check(Options(partitions: 4));
        File.WriteAllText(format, """{"format":3}""");
        Assert.Equal(RefusalKind.Conflict, Assert.Throws<RecommenderException>(() => ClusterLayout.Check(Options(partitions: 4))).Kind);
    }

    private RecommenderClusterOptions Options(int partitions) => new() { ArtifactDirectory = _folder, LogPartitions = partitions };
}
