using Microsoft.Extensions.Logging.Abstractions;

namespace Recs.Engine.Tests.Pipeline;

public sealed class SourceFanOutTests
{
    [Fact]
    public async Task A_source_that_never_ends_is_left_out_and_named()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var stuck = new Source("stuck", async (_, _) => await new TaskCompletionSource().Task);
        var quick = new Source("quick", (list, _) =>
        {
            list.Add(7, 1);
            return Task.CompletedTask;
        });
        var result = await SourceFanOut.RunAsync([stuck, quick], Context(), deadline.Token, TimeProvider.System, NullLogger.Instance);
        Assert.Equal([true, false], result.Outcomes.Select(o => o.Late));
        Assert.False(result.AllEnded);
        Assert.Equal(7, Assert.Single(result.Outcomes[1].Candidates!.Span.ToArray()).Item);
    }

    [Fact]
    public async Task A_source_that_throws_costs_only_itself()
    {
        var broken = new Source("broken", (_, _) => throw new InvalidOperationException("boom"));
        var quick = new Source("quick", (_, _) => Task.CompletedTask);
        var result = await SourceFanOut.RunAsync([broken, quick], Context(), CancellationToken.None, TimeProvider.System, NullLogger.Instance);
        Assert.Equal([true, false], result.Outcomes.Select(o => o.Late));
        Assert.True(result.AllEnded);
    }

    private static RetrievalContext Context() => new()
    {
        Session = UserSession.Empty("u"),
        Model = null,
        UserVector = null,
        Eligible = new ItemMask(),
        EligibleCount = 0,
        NowMs = 0,
        Limit = 10,
    };

    private sealed class Source(string name, Func<CandidateList, CancellationToken, Task> work) : ICandidateSource
    {
        public string Name => name;

        public async ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken) =>
            await work(candidates, cancellationToken);
    }
}
