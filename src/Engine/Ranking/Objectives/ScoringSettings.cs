using Recs.Engine.Pipeline;

namespace Recs.Engine.Ranking.Objectives;

/// <summary>How pages are scored, beside the model: what they are ranked for by surface, and the model that only looks on. Immutable.</summary>
public sealed record ScoringSettings
{
    public static readonly ScoringSettings Default = new();

    /// <summary>At most 100. A surface takes the first that names it, else the first that names none; without any, clicks alone count.</summary>
    public IReadOnlyList<SurfaceObjective> Objectives { get; init; } = [];

    /// <summary>Null: no model looks on.</summary>
    public ShadowSettings? Shadow { get; init; }

    /// <summary>Null where only clicks count.</summary>
    public ObjectiveWeights? For(string surface)
    {
        SurfaceObjective? general = null;
        foreach (var objective in Objectives)
        {
            if (objective.Surfaces.Count == 0)
                general ??= objective;
            else if (objective.Surfaces.Contains(surface, StringComparer.Ordinal))
                return Mixed(objective);
        }

        return general is null ? null : Mixed(general);

        static ObjectiveWeights? Mixed(SurfaceObjective objective) => objective.Weights.IsClickOnly ? null : objective.Weights;
    }

    /// <summary>Throws <see cref="RecommenderException"/> naming the objective's index, the field and its legal range.</summary>
    public void Check()
    {
        const int MostObjectives = 100;
        if (Objectives.Count > MostObjectives)
            throw RecommenderException.Invalid("objectives", $"{Objectives.Count} objectives", $"at most {MostObjectives}", kind: RefusalKind.TooLarge);
        var named = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Objectives.Count; i++)
        {
            Objectives[i].Weights.Check(i);
            foreach (var surface in Objectives[i].Surfaces)
            {
                PageRules.CheckSurface(surface);
                if (!named.Add(surface))
                    throw RecommenderException.Invalid("surfaces", surface, "a surface that no earlier objective names", i);
            }
        }

        if (Objectives.Count(o => o.Surfaces.Count == 0) > 1)
            throw RecommenderException.Invalid("surfaces", null, "at most one objective without surfaces");
        Shadow?.Check();
    }
}

/// <param name="Surfaces">Where it holds; empty: wherever no other does.</param>
/// <param name="Weights">The worth of each.</param>
public sealed record SurfaceObjective(IReadOnlyList<string> Surfaces, ObjectiveWeights Weights);

/// <param name="Model">Version that scores what the serving model scores, and never serves.</param>
/// <param name="Share">Share of the pages that it scores. Above 0, at most 1.</param>
public sealed record ShadowSettings(string Model, double Share)
{
    internal void Check()
    {
        if (!ModelFolder.IsVersionName(Model))
            throw RecommenderException.Invalid("model", Model, ModelFolder.LegalVersionName);
        if (!(Share is > 0 and <= 1))
            throw RecommenderException.Invalid("share", Share, "above 0, at most 1");
    }
}
