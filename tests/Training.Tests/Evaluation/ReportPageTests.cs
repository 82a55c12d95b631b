using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.Evaluation.Report;
using Recs.Training.OfflineModels;

namespace Recs.Training.Tests.Evaluation;

public sealed class ReportPageTests
{
    private static readonly Protocol Protocol = ProtocolTable.Named("ml-100k-recommenders");

    private static readonly string Html = ReportPage.Html(Data());

    [Fact]
    public void The_page_needs_nothing_but_itself()
    {
        Assert.StartsWith("<!doctype html>", Html.TrimStart(), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", Html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", Html, StringComparison.Ordinal);
        Assert.Contains("width=device-width", Html, StringComparison.Ordinal);
    }

    [Fact]
    public void It_shows_the_figures_beside_the_published_ones_and_titles_as_text()
    {
        var data = Data();
        Assert.Contains(FormattableString.Invariant($"<strong>{data.Result.Values["ndcg@10"]:0.0000}</strong>"), Html, StringComparison.Ordinal);
        Assert.Contains("0.4829", Html, StringComparison.Ordinal);
        Assert.Contains("&lt;Alien&gt; &amp; others", Html, StringComparison.Ordinal);
        Assert.DoesNotContain("<Alien>", Html, StringComparison.Ordinal);
        Assert.Contains("class=\"right\"", Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Segments_cover_every_query_once_and_their_means_make_up_the_whole()
    {
        var data = Data();
        var values = data.TargetOf(data.Result.Lists);
        foreach (var group in Segments.Of(data.Task, values).GroupBy(s => s.Group))
        {
            Assert.Equal(values.Length, group.Sum(s => s.Queries));
            Assert.Equal(values.Average(), group.Sum(s => s.Queries * s.Value.Mean) / values.Length, 1e-9);
        }

        Assert.Equal(data.Result.Values["hr@10"], data.Curve(data.Result.Lists, "hr")[^1], 1e-12);
    }

    private static ReportData Data()
    {
        var random = new Random(1);
        var runs = Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, random.Next(2, 9)).Select(_ => random.Next(15)).Distinct().ToArray()).ToArray();
        var task = new EvaluationTask
        {
            Train = Sequences.From(15, runs),
            Queries = [.. runs.Select((run, q) => new EvaluationQuery(run, [.. Enumerable.Range(0, 15).Except(run).Take(3)], q))],
            MaskHistory = true,
            ItemIds = [.. Enumerable.Range(0, 15).Select(i => $"{i}")],
        };
        EvaluationResult Run(string spec) => EvaluationRun.Of(task, Protocol, ModelSpec.Parse(spec).Create(), new FitContext(), TimeProvider.System);
        var titles = Enumerable.Range(0, 15).ToDictionary(i => $"{i}", _ => "<Alien> & others");
        return new ReportData(Protocol, "ease lambda=5", task, Run("ease lambda=5"), Run("popularity"), false, titles, DateTimeOffset.UnixEpoch);
    }
}
