using System.Text;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>What a run's report says of it.</summary>
internal static class RunFigures
{
    public static string Of(RunHistory history)
    {
        var text = new StringBuilder();
        var events = history.Acknowledged.Sum(a => a.EventIds.Length);
        text.AppendLine(FormattableString.Invariant($"events acknowledged {events} in {history.Acknowledged.Count} batches, of unknown fate {history.Unacknowledged.Count}, calls failed after their retries {history.Failed.Count}"));
        foreach (var failed in history.Failed.GroupBy(f => f.Problem).OrderByDescending(g => g.Count()).Take(5))
            text.AppendLine(FormattableString.Invariant($"  {failed.Count()} × {failed.Key}"));
        var took = history.Pages.Select(p => p.Took.TotalMilliseconds).Order().ToArray();
        if (took.Length > 0)
        {
            var late = history.Pages.Count(p => p.Took > p.Deadline);
            text.AppendLine(FormattableString.Invariant($"pages {took.Length}, failed {history.Pages.Count(p => p.Problem is not null)}, degraded {history.Pages.Count(p => p.Degraded.Length > 0)}, past the deadline of {history.Pages[0].Deadline.TotalMilliseconds:0} ms {late}; p50 {took[took.Length / 2]:0.0} ms, p99 {took[took.Length * 99 / 100]:0.0} ms, longest {took[^1]:0.0} ms"));
            foreach (var named in history.Pages.SelectMany(p => p.Degraded).GroupBy(d => d).OrderByDescending(g => g.Count()))
                text.AppendLine(FormattableString.Invariant($"  {named.Count()} without {named.Key}"));
        }

        foreach (var (death, back) in history.Deaths.Zip(RunChecker.RecoveryTimes(history)))
            text.AppendLine(FormattableString.Invariant($"silo at port {death.SiloPort} declared dead at {death.At.TotalSeconds:0.0} s; all replicas back {(back is null ? "never" : FormattableString.Invariant($"{back.Value.TotalSeconds:0.0} s later"))}"));
        foreach (var (shard, longest, until) in RunChecker.LongestSilences(history))
            text.AppendLine(FormattableString.Invariant($"shard {shard}: longest time without an answer {longest.TotalSeconds:0.00} s, until {until.TotalSeconds:0.0} s"));
        return text.ToString();
    }
}
