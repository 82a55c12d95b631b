using Recs.Cluster.Tests.Chaos;

namespace Recs.Cluster.Tests.Processes;

/// <summary>A load and a watch on a cluster of processes, and what is done to it meanwhile.</summary>
internal sealed class LoadedRun(ClusterProcesses cluster, IReadOnlyList<string> itemIds, int seed)
{
    /// <summary>From the last new batch until a receipt is no longer waited for, and again until the end is written down.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100), SpreadPatience = TimeSpan.FromSeconds(90);

    /// <summary>A silo that was killed misses three probes of a second; one that is frozen as well.</summary>
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _time = TimeProvider.System;
    private Func<TimeSpan> _clock = () => TimeSpan.Zero;

    public RunHistory History { get; } = new();

    public TimeSpan Now => _clock();

    /// <summary>What was done, and when.</summary>
    public List<string> Story { get; } = [];

    public async Task RunAsync(LoadOptions options, Func<Task> happening)
    {
        var load = new Load(cluster.Recommender, cluster.Client, options with { Seed = seed, ItemIds = itemIds }, History, _time);
        _clock = () => load.Now;
        var watch = new ShardWatch(() => cluster.Doors, ClusterProcesses.Shards, ClusterProcesses.Replicas, History, _clock, _time);
        await watch.SpreadAsync(SpreadPatience);
        await WarmUpAsync();
        Tell($"the replicas are spread; {options.Users} users and {options.PublishingUsers} publishers begin");
        using var stop = new CancellationTokenSource();
        using var giveUp = new CancellationTokenSource();
        var running = Task.WhenAll(load.RunAsync(stop.Token, giveUp.Token), watch.RunAsync(stop.Token));
        try
        {
            await happening();
        }
        finally
        {
            foreach (var silo in cluster.EndedAlone())
                Tell($"{silo.Process.Name} has ended itself meanwhile");
            Tell("the load ends");
            await stop.CancelAsync();
            giveUp.CancelAfter(Settling);
            await running;
        }

        await RunEnd.CollectAsync(History, load.UserIds, cluster.Recommender, cluster.Client, cluster.Artifacts, Settling, _time);
        Tell("the users were looked at");
    }

    // Silos that were just started compile their code on the first pages: that is not what is judged.
    private async Task WarmUpAsync()
    {
        for (var round = 0; round < 30; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 16).Select(async u =>
                await cluster.Recommender.RecommendAsync(new PageRequest { UserId = $"nobody-{u}", Deadline = Limits.MaxDeadline })));
        }
    }

    public void Tell(string what) => Story.Add(FormattableString.Invariant($"{Now.TotalSeconds,6:0.0} s  {what}"));

    public Task WaitAsync(TimeSpan span) => Task.Delay(span, _time);

    /// <summary>Kills a silo and starts another one at the same time.</summary>
    public async Task KillOneAsync(SiloProcess victim)
    {
        cluster.GiveUp(victim);
        Tell($"kill -9 {victim.Process.Name}");
        victim.Process.KillNow();
        var starting = cluster.StartSiloAsync();
        await DeclaredDeadAsync(victim);
        var next = await starting;
        Tell($"{next.Process.Name} is ready");
        await RecoveredAsync();
    }

    /// <summary>Freezes a silo until the others have gone on without it; then it must end itself. Another one takes its place.</summary>
    public async Task PartitionOneAsync(SiloProcess victim)
    {
        cluster.GiveUp(victim);
        Tell($"freeze {victim.Process.Name}");
        victim.Process.Freeze();
        await DeclaredDeadAsync(victim);
        await RecoveredAsync();
        Tell($"thaw {victim.Process.Name}");
        victim.Process.Thaw();
        await victim.Process.ExitAsync(TimeSpan.FromSeconds(60));
        Tell($"{victim.Process.Name} has ended itself");
        var next = await cluster.StartSiloAsync();
        Tell($"{next.Process.Name} is ready");
    }

    public async Task RestartRedisAsync()
    {
        Tell("stop Redis");
        await cluster.Redis.RestartAsync();
        Tell("Redis is there again");
    }

    /// <summary>Stops a silo as an operator does, and starts one in its place.</summary>
    public async Task ReplaceAsync(SiloProcess silo)
    {
        cluster.GiveUp(silo);
        Tell($"stop {silo.Process.Name}");
        await silo.StopAsync();
        Tell($"{silo.Process.Name} has stopped");
        var next = await cluster.StartSiloAsync();
        Tell($"{next.Process.Name} is ready");
    }

    private async Task DeclaredDeadAsync(SiloProcess silo)
    {
        var started = _time.GetTimestamp();
        while (!(await cluster.MembersAsync()).TryGetValue(silo.SiloPort, out var status) || status != "Dead")
        {
            if (_time.GetElapsedTime(started) > DeathPatience)
                throw new TimeoutException($"{silo.Process.Name} was not declared dead within {DeathPatience.TotalSeconds:0} s: {string.Join(", ", await cluster.MembersAsync())}");
            await Task.Delay(Look, _time);
        }

        Tell($"{silo.Process.Name} is declared dead");
        History.Deaths.Add(new SiloDeath(Now, silo.SiloPort));
    }

    // The judge reads the looks; here it is only waited, so that there are enough of them.
    private Task RecoveredAsync()
    {
        var left = History.Deaths[^1].At + TimeSpan.FromSeconds(10.5) - Now;
        return left > TimeSpan.Zero ? WaitAsync(left) : Task.CompletedTask;
    }
}
