namespace Recs.Training.Ranking.Trees;

/// <summary>Draws the rows that a tree is grown on; whole queries where there are any. Not thread-safe.</summary>
internal sealed class RowSampler
{
    private readonly double _share;
    private readonly int[] _groups;
    private readonly int[] _in;
    private readonly int[] _out;
    private int _outCount;

    public RowSampler(TrainingTable table, TreeOptions options)
    {
        _share = options.RowShare;
        _groups = options.Objective == TreeObjective.LambdaRank ? table.QuerySizes! : Enumerable.Repeat(1, _share < 1 ? table.Rows : 0).ToArray();
        _in = Enumerable.Range(0, table.Rows).ToArray();
        _out = new int[_share < 1 ? table.Rows : 0];
    }

    /// <summary>The rows not drawn last.</summary>
    public ReadOnlySpan<int> Left => _out.AsSpan(0, _outCount);

    /// <summary>Ascending. All rows, without a draw, when the share is 1.</summary>
    public ReadOnlySpan<int> Draw(Random random)
    {
        if (_share >= 1)
            return _in;
        int row = 0, drawn = 0;
        _outCount = 0;
        var (groupsLeft, wanted) = (_groups.Length, Math.Max(1, (int)Math.Round(_share * _groups.Length)));
        foreach (var size in _groups)
        {
            // Selection sampling: exactly the share, in order (Knuth, algorithm S).
            var isIn = random.Next(groupsLeft--) < wanted;
            wanted -= isIn ? 1 : 0;
            for (var i = 0; i < size; i++, row++)
            {
                if (isIn)
                    _in[drawn++] = row;
                else
                    _out[_outCount++] = row;
            }
        }

        return _in.AsSpan(0, drawn);
    }
}
