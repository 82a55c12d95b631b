using NSubstitute;
using Orleans.Runtime;

namespace Recs.Cluster.Tests.Client;

/// <summary>A user grain that keeps real ids, and a network that loses calls on the way there and answers on the way back.</summary>
public sealed class ExactlyOnceTests
{
    private const int Window = 256;

    private readonly Queue<string> _remembered = [];
    private readonly Dictionary<string, int> _applied = [];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_accepted_event_is_applied_once_and_a_lost_one_never_twice(int seed)
    {
        var random = new Random(seed);
        using var cluster = new FakeCluster(new ClusterRecommenderOptions { Seed = seed, EventIdWindow = Window });
        cluster.Ann.ObserveAsync(Arg.Any<IReadOnlyList<Interaction>>()).Returns(call => Deliver(call.Arg<IReadOnlyList<Interaction>>(), random));
        int acknowledged = 0, unknown = 0;

        for (var batch = 0; batch < 300; batch++)
        {
            var events = FakeCluster.Events("ann", random.Next(8) == 0 ? random.Next(129, 600) : random.Next(1, 129))
                .Select((e, i) => e with { RequestId = $"{batch}-{i}" }).ToArray();
            try
            {
                var receipt = await cluster.EndOf(cluster.Recommender.ObserveAsync(events));
                Assert.Equal(events.Length, receipt.Accepted);
                Assert.All(events, e => Assert.Equal(1, _applied.GetValueOrDefault(e.RequestId!)));
                acknowledged++;
            }
            catch (OutcomeUnknownException)
            {
                unknown++;
            }
        }

        Assert.All(_applied, entry => Assert.True(entry.Value == 1, $"seed {seed}: event {entry.Key} was applied {entry.Value} times"));
        Assert.True(acknowledged > 100 && unknown > 10, $"seed {seed}: {acknowledged} acknowledged, {unknown} unknown");
    }

    private Task<Receipt> Deliver(IReadOnlyList<Interaction> events, Random random)
    {
        var fate = random.Next(10);
        if (fate < 2)
            return Task.FromException<Receipt>(new SiloUnavailableException("Lost on the way there."));
        if (fate == 2)
            return Task.FromException<Receipt>(FakeCluster.Refusal(RefusalKind.Overloaded, TimeSpan.FromMilliseconds(20)));
        var accepted = 0;
        foreach (var e in events)
        {
            if (_remembered.Contains(e.EventId!))
                continue;
            _applied[e.RequestId!] = _applied.GetValueOrDefault(e.RequestId!) + 1;
            accepted++;
            _remembered.Enqueue(e.EventId!);
            if (_remembered.Count > Window)
                _remembered.Dequeue();
        }

        return fate < 6
            ? Task.FromException<Receipt>(new TimeoutException("Lost on the way back."))
            : Task.FromResult(new Receipt(accepted, events.Count - accepted, new Dictionary<string, long> { ["ann"] = _applied.Count }));
    }
}
