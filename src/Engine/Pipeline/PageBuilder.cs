using Recs.Engine.Policies;

namespace Recs.Engine.Pipeline;

/// <summary>Writes a page and its impression record from what a run found.</summary>
internal sealed class PageBuilder(PageRun run, PipelineParts parts, FanOutResult fanOut, StageClock clock)
{
    public MadePage Build()
    {
        var plan = run.Plan;
        var explainer = plan.Explain
            ? new ItemExplainer(run.Candidates, run.Scores, run.Scored, run.Model.Ranker)
            : null;
        var items = new PageItem[run.Placements.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = Item(run.Placements[i], explainer);
        var page = new Page
        {
            RequestId = run.RequestId,
            UserId = plan.UserId,
            Sequence = plan.Session.Sequence,
            ModelVersion = run.Trained?.Version,
            Items = items,
            Degraded = run.Degraded,
            Timings = clock.Timings(),
            Explanation = plan.Explain ? Explanation() : null,
        };
        return new MadePage(page, Impression());
    }

    private PageItem Item(Placement placement, ItemExplainer? explainer)
    {
        var number = run.Candidates.Items[placement.Candidate];
        var item = parts.Catalog.Get(number)?.Item;
        var id = parts.Catalog.IdOf(number);
        return new PageItem
        {
            Id = id,
            Title = item is { Title.Length: > 0 } ? item.Title : id,
            Score = placement.Score,
            Sources = SourcesOf(placement.Candidate),
            Reason = ReasonText.For(run, placement.Candidate, parts.Catalog),
            Explanation = explainer?.Explain(placement),
        };
    }

    private string[] SourcesOf(int candidate)
    {
        var bits = run.Candidates.SourceBits[candidate];
        var names = new string[System.Numerics.BitOperations.PopCount(bits)];
        for (int s = 0, n = 0; n < names.Length; s++)
        {
            if ((bits >> s & 1) != 0)
                names[n++] = run.Candidates.Sources[s];
        }

        return names;
    }

    private PageExplanation Explanation()
    {
        var placeOf = new Dictionary<int, int>();
        for (var i = 0; i < run.Placements.Count; i++)
            placeOf[run.Candidates.Items[run.Placements[i].Candidate]] = i;
        var finder = new WhyNotFinder(parts.Catalog, run.Plan, fanOut.Outcomes, run.Candidates, run.Scores);
        return new PageExplanation
        {
            Sources = [.. fanOut.Outcomes.Select(o => new SourceTrace(o.Source, o.Candidates?.Count ?? 0, Math.Round(o.Ms, 3), o.Late))],
            Candidates = run.Candidates.Count,
            Eligible = run.Context.EligibleCount,
            WhyNot = [.. run.Plan.WhyNot.Select(id => finder.Find(id, placeOf))],
        };
    }

    private ImpressionRecord Impression()
    {
        var withFeatures = run.Scored is not null && (uint)run.Seed <= parts.Options.FeatureLogShare * uint.MaxValue;
        var shown = new ShownItem[run.Placements.Count];
        for (var i = 0; i < shown.Length; i++)
        {
            var placement = run.Placements[i];
            shown[i] = new ShownItem(
                parts.Catalog.IdOf(run.Candidates.Items[placement.Candidate]),
                placement.Score,
                withFeatures ? run.Scored!.Features.AsMemory(placement.Candidate * FeatureSchema.Width, FeatureSchema.Width).ToArray() : default(ReadOnlyMemory<float>));
        }

        return new ImpressionRecord
        {
            RequestId = run.RequestId,
            UserId = run.Plan.UserId is null ? null : run.Plan.Session.UserId,
            Sequence = run.Plan.Session.Sequence,
            AtMs = run.NowMs,
            ModelVersion = run.Trained?.Version,
            CatalogVersion = parts.Catalog.Version,
            Surface = run.Plan.Surface,
            Candidates = run.Candidates.Count,
            Degraded = run.Degraded,
            Shown = shown,
            Asked = new AskedPage(
                run.Plan.Kind.ToString().ToLowerInvariant(),
                run.Plan.Count,
                run.Plan.SeedItem >= 0 ? parts.Catalog.IdOf(run.Plan.SeedItem) : null,
                run.Plan.Filter?.ToString(),
                run.Plan.Exclude,
                run.Plan.IncludeSeen,
                run.EventOrdinal,
                run.Objective,
                run.Plan.Space),
        };
    }
}
