namespace Recs.Training.Factorization;

/// <summary>Implicit feedback, users x items, compressed by row. Absent entries are unobserved. Immutable.</summary>
public sealed class FeedbackMatrix
{
    private FeedbackMatrix(int rows, int columns, int[] offsets, int[] indices, float[] values)
    {
        Rows = rows;
        Columns = columns;
        Offsets = offsets;
        Indices = indices;
        Values = values;
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Start of each row's run; one longer than <see cref="Rows"/>.</summary>
    public int[] Offsets { get; }

    /// <summary>Columns, ascending within a row.</summary>
    public int[] Indices { get; }

    /// <summary>Strengths, above 0.</summary>
    public float[] Values { get; }

    public int Count => Indices.Length;

    public ReadOnlySpan<int> IndicesOf(int row) => Indices.AsSpan(Offsets[row], Offsets[row + 1] - Offsets[row]);

    public ReadOnlySpan<float> ValuesOf(int row) => Values.AsSpan(Offsets[row], Offsets[row + 1] - Offsets[row]);

    /// <summary>From entries in any order; each (row, column) at most once.</summary>
    public static FeedbackMatrix From(
        int rows, int columns, ReadOnlySpan<int> row, ReadOnlySpan<int> column, ReadOnlySpan<float> value)
    {
        for (var e = 0; e < row.Length; e++)
        {
            if ((uint)row[e] >= (uint)rows)
                throw new ArgumentOutOfRangeException(nameof(row), row[e], $"entry {e}; legal is 0 to {rows - 1}");
            if ((uint)column[e] >= (uint)columns)
                throw new ArgumentOutOfRangeException(nameof(column), column[e], $"entry {e}; legal is 0 to {columns - 1}");
            if (!(value[e] > 0) || !float.IsFinite(value[e]))
                throw new ArgumentOutOfRangeException(nameof(value), value[e], $"entry {e}; legal is above 0 and finite");
        }

        // Two counting sorts: by column through the transpose, then by row, so that columns ascend within rows.
        var byColumn = Group(columns, rows, column, row, value);
        var matrix = byColumn.Transpose();
        for (var r = 0; r < rows; r++)
        {
            var of = matrix.IndicesOf(r);
            for (var k = 1; k < of.Length; k++)
            {
                if (of[k] == of[k - 1])
                    throw new ArgumentException($"Entry ({r}, {of[k]}) is there twice.", nameof(column));
            }
        }

        return matrix;
    }

    public FeedbackMatrix Transpose()
    {
        var rowOfEntry = new int[Count];
        for (var r = 0; r < Rows; r++)
            rowOfEntry.AsSpan(Offsets[r], Offsets[r + 1] - Offsets[r]).Fill(r);
        return Group(Columns, Rows, Indices, rowOfEntry, Values);
    }

    private static FeedbackMatrix Group(
        int rows, int columns, ReadOnlySpan<int> row, ReadOnlySpan<int> column, ReadOnlySpan<float> value)
    {
        var offsets = new int[rows + 1];
        foreach (var r in row)
            offsets[r + 1]++;
        for (var r = 0; r < rows; r++)
            offsets[r + 1] += offsets[r];
        var next = offsets.AsSpan(0, rows).ToArray();
        var indices = new int[row.Length];
        var values = new float[row.Length];
        for (var e = 0; e < row.Length; e++)
        {
            var at = next[row[e]]++;
            indices[at] = column[e];
            values[at] = value[e];
        }

        return new FeedbackMatrix(rows, columns, offsets, indices, values);
    }
}
