using Recs.Training.Evaluation;
using Recs.Training.OfflineModels;

namespace Recs.Training.TwoStage;

/// <summary>
/// Candidates of a query and their feature rows: for each part the score in standard deviations of this query's
/// candidates, the logarithm of the rank and the raw score; then of the item its popularity, its popularity of late, how
/// often and how recently the history has it; of the query the length of its history. Reused from query to query. Not
/// thread-safe.
/// </summary>
internal sealed class CandidateTable
{
    /// <summary>Features of each part, and of item and query.</summary>
    public const int PerPart = 3, Common = 5;

    // Features of an item's rank where the part does not have it among its candidates.
    private const float Absent = 4;

    private readonly IItemScorer[] _parts;
    private readonly float[][] _scores;
    private readonly int[] _mark;
    private readonly int _candidates;
    private readonly ItemAttention _attention;
    private readonly TopSelector _top = new();
    private readonly List<int> _items = [];
    private readonly float[] _ranks;

    public CandidateTable(IItemScorer[] parts, int itemCount, int candidates, ItemAttention attention)
    {
        (_parts, _candidates, _attention) = (parts, candidates, attention);
        _scores = [.. parts.Select(_ => new float[itemCount])];
        _mark = new int[itemCount];
        _ranks = new float[parts.Length * candidates * parts.Length];
        Width = WidthOf(parts.Length);
        Rows = new float[parts.Length * candidates * Width];
    }

    public static int WidthOf(int parts) => parts * PerPart + Common;

    public int Width { get; }

    public IReadOnlyList<int> Items => _items;

    /// <summary>Items x Width; NaN where a part knows no score.</summary>
    public float[] Rows { get; }

    public void Fill(EvaluationTask task, EvaluationQuery query)
    {
        foreach (var item in _items)
            _mark[item] = 0;
        _items.Clear();
        Array.Fill(_ranks, Absent);
        for (var p = 0; p < _parts.Length; p++)
        {
            _parts[p].Score(query, _scores[p]);
            Evaluator.Mask(task, query, _scores[p]);
            Collect(p);
        }

        for (var c = 0; c < _items.Count; c++)
            FillCommon(query, _items[c], Rows.AsSpan(c * Width + _parts.Length * PerPart, Common));
        for (var p = 0; p < _parts.Length; p++)
            FillPart(p);
    }

    private void Collect(int part)
    {
        _top.Reset(_candidates);
        var scores = _scores[part];
        for (var item = 0; item < scores.Length; item++)
        {
            if (float.IsFinite(scores[item]))
                _top.Add(item, scores[item]);
        }

        var rank = 0;
        foreach (var key in _top.Ordered())
        {
            var item = TopSelector.ItemOf(key);
            if (_mark[item] == 0)
            {
                _items.Add(item);
                _mark[item] = _items.Count;
            }

            _ranks[(_mark[item] - 1) * _parts.Length + part] = MathF.Log(1 + rank++) * Absent / MathF.Log(1 + _candidates);
        }
    }

    private void FillPart(int part)
    {
        double sum = 0, squares = 0, known = 0;
        foreach (var item in _items)
        {
            double score = _scores[part][item];
            if (!double.IsFinite(score))
                continue;
            (sum, squares, known) = (sum + score, squares + score * score, known + 1);
        }

        var mean = known > 0 ? sum / known : 0;
        var deviation = known > 1 ? Math.Sqrt(Math.Max(0, squares / known - mean * mean)) : 0;
        for (var c = 0; c < _items.Count; c++)
        {
            var score = _scores[part][_items[c]];
            var row = Rows.AsSpan(c * Width + part * PerPart, PerPart);
            row[0] = !float.IsFinite(score) ? float.NaN : deviation > 0 ? (float)((score - mean) / deviation) : 0;
            row[1] = _ranks[c * _parts.Length + part];
            row[2] = float.IsFinite(score) ? score : float.NaN;
        }
    }

    private void FillCommon(EvaluationQuery query, int item, Span<float> row)
    {
        row[0] = _attention.LogPopularity[item];
        row[1] = _attention.LogRecent[item];
        var (times, back) = (0, 0);
        for (var h = query.History.Length - 1; h >= 0; h--)
        {
            if (query.History[h] != item)
                continue;
            times++;
            back = times == 1 ? query.History.Length - h : back;
        }

        row[2] = MathF.Log(1 + times);
        row[3] = back == 0 ? 0 : 1f / back;
        row[4] = MathF.Log(1 + query.History.Length);
    }
}

/// <summary>Popularity of items over the whole training set and over its last part.</summary>
internal sealed class ItemAttention
{
    private const double RecentShare = 0.1;

    public ItemAttention(Sequences train)
    {
        var recent = new int[train.ItemCount];
        for (var e = (int)(train.Items.Length * (1 - RecentShare)); e < train.Items.Length; e++)
            recent[train.Items[e]]++;
        LogPopularity = Array.ConvertAll(train.Popularity(), static p => MathF.Log(1 + p));
        LogRecent = Array.ConvertAll(recent, static p => MathF.Log(1 + p));
    }

    public float[] LogPopularity { get; }

    public float[] LogRecent { get; }
}
