using System.Globalization;
using Recs.Cluster.Tests.Chaos;
using Xunit.Abstractions;

namespace Recs.Cluster.Tests.Processes;

/// <summary>
/// What becomes of a cluster's promises while its processes die, freeze and restart under load. RECS_CHAOS_SECONDS makes
/// the run longer than one round of everything, RECS_CHAOS_SEED makes it another one.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class ChaosTests(ClusterProcesses cluster, ITestOutputHelper output) : IClassFixture<ClusterProcesses>, IAsyncLifetime
{
    // One page deadline for a machine that also runs three silos, Redis, the load and whatever else a build agent does;
    // the grace is the client's own, and a second for this process to be scheduled.
    private static readonly LoadOptions Everything = new()
    {
        Seed = 0,
        ItemIds = [],
        Users = 16,
        PublishingUsers = 4,
        PageDeadline = TimeSpan.FromSeconds(1),
    };

    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    private IReadOnlyList<string> _itemIds = [];

    private RunBounds Bounds => new()
    {
        PageGrace = cluster.ClientOptions.Grace + TimeSpan.FromSeconds(1),
        ShardSilence = TimeSpan.FromSeconds(10),
        ReplicasBack = TimeSpan.FromSeconds(10),
    };

    private static int Seed => Number("RECS_CHAOS_SEED", 1);

    public async Task InitializeAsync()
    {
        ClusterProcesses.SkipWhereThereIsNone();
        _itemIds = await DemoShop.OpenAsync(cluster.Recommender, cluster.Client, cluster.Artifacts);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [SkippableFact]
    public async Task Nothing_acknowledged_is_lost_when_silos_die_or_freeze_and_Redis_restarts()
    {
        var random = new Random(Seed);
        var run = new LoadedRun(cluster, _itemIds, Seed);
        await JudgeAsync(run, async () =>
        {
            await run.WaitAsync(Calm);
            await run.KillOneAsync(Any(random));
            await run.PartitionOneAsync(Any(random));
            await run.RestartRedisAsync();
            await run.WaitAsync(Calm);
            while (run.Now < TimeSpan.FromSeconds(Number("RECS_CHAOS_SECONDS", 0)))
            {
                await (random.Next(3) switch
                {
                    0 => run.KillOneAsync(Any(random)),
                    1 => run.PartitionOneAsync(Any(random)),
                    _ => run.RestartRedisAsync(),
                });
                await run.WaitAsync(Calm);
            }
        });
    }

    [SkippableFact]
    public async Task A_rolling_restart_loses_no_event_and_no_request()
    {
        var run = new LoadedRun(cluster, _itemIds, Seed + 1_000);
        await JudgeAsync(run, async () =>
        {
            await run.WaitAsync(Calm);
            foreach (var silo in cluster.Running.ToArray())
                await run.ReplaceAsync(silo);
            await run.WaitAsync(Calm);
        });
        Assert.Empty(run.History.Failed);
    }

    private async Task JudgeAsync(LoadedRun run, Func<Task> happening)
    {
        IReadOnlyList<string> broken = [];
        try
        {
            await run.RunAsync(Everything, happening);
            broken = RunChecker.Check(run.History, Bounds);
            Assert.True(run.History.Acknowledged.Count > 0 && run.History.Pages.Count > 0, "There was no load.");
            Assert.True(broken.Count == 0, $"{broken.Count} rules were broken:\n{string.Join('\n', broken.Take(40))}");
        }
        catch
        {
            output.WriteLine(cluster.LastWords());
            throw;
        }
        finally
        {
            // What was broken comes last as well: of a long report, the end is what is kept.
            output.WriteLine(FormattableString.Invariant(
                $"seed {Seed}\n{string.Join('\n', run.Story)}\n{RunFigures.Of(run.History)}{string.Join('\n', broken.Take(20))}"));
        }
    }

    private SiloProcess Any(Random random) => cluster.Running[random.Next(cluster.Running.Count)];

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
