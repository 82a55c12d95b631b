using System.Numerics.Tensors;

namespace Recs.Training.Factorization;

/// <summary>Hyper-parameters of <see cref="ImplicitAls"/>.</summary>
/// <param name="Rank">1 to 512.</param>
/// <param name="Alpha">Confidence UnobservedWeight + Alpha r of an observed entry. Above 0.</param>
/// <param name="UnobservedWeight">Confidence of the other entries, a0. Above 0.</param>
/// <param name="Lambda">Ridge of a row with n entries over m of the other side: Lambda (n + a0 m)^nu. Above 0.</param>
/// <param name="RegularizationExponent">nu, 0 to 1.</param>
public sealed record AlsOptions(
    int Rank, double Alpha, double UnobservedWeight, double Lambda, double RegularizationExponent)
{
    /// <summary>Seed of the first item factors.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Worker threads; all cores when 0. The result does not depend on it.</summary>
    public int Threads { get; init; }
}

/// <summary>
/// Matrix factorisation of implicit feedback by alternating least squares: minimises over X and Y
/// <code>sum_ui c_ui (p_ui - x_u'y_i)^2 + sum_u ridge_u |x_u|^2 + sum_i ridge_i |y_i|^2</code>
/// with p = 1 and c = a0 + alpha r where feedback was observed, p = 0 and c = a0 elsewhere (Hu, Koren, Volinsky 2008;
/// a0 and the ridge, Lambda (n + a0 m)^nu on both sides, from Rendle, Krichene, Zhang, Koren 2021). A half-step solves
/// every row of one side exactly, so the loss never rises but for float rounding; the user half-step solves the
/// equations of <see cref="FoldIn"/>. Not thread-safe; works on all threads inside.
/// </summary>
public sealed class ImplicitAls
{
    // Rows of one task, and of one partial sum: fixed, so that results do not depend on the number of threads.
    private const int ChunkRows = 32, GramianChunkRows = 4_096;

    // Gathered rows of one kernel call: 128 rows of rank 64 are 32 KiB, the first-level cache.
    private const int GatherFloats = 8_192;

    private readonly AlsOptions _options;
    private readonly Side _users, _items;
    private readonly NormalEquations _kernel;
    private readonly ParallelOptions _parallel;
    private readonly int _stride;

    public ImplicitAls(FeedbackMatrix feedback, AlsOptions options, CancellationToken cancellationToken = default)
        : this(feedback, options, NormalEquations.Best, cancellationToken)
    {
    }

    internal ImplicitAls(
        FeedbackMatrix feedback, AlsOptions options, NormalEquations kernel, CancellationToken cancellationToken = default)
    {
        _options = options;
        _kernel = kernel;
        _stride = NormalEquations.StrideOf(options.Rank);
        _parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
            CancellationToken = cancellationToken,
        };
        var largest = (long)Math.Max(feedback.Rows, feedback.Columns) * _stride;
        if (largest > Array.MaxLength)
            throw RecommenderException.Invalid("rank", options.Rank, $"up to {Array.MaxLength / Math.Max(feedback.Rows, feedback.Columns)} for {Math.Max(feedback.Rows, feedback.Columns)} rows");
        _users = new Side(feedback, new float[(long)feedback.Rows * _stride]);
        _items = new Side(feedback.Transpose(), new float[(long)feedback.Columns * _stride]);
        Initialise(_items.Factors, feedback.Columns);
    }

    /// <summary>Solves every user under the present items.</summary>
    public void UserStep() => Solve(_users, _items);

    /// <summary>Solves every item under the present users.</summary>
    public void ItemStep() => Solve(_items, _users);

    /// <summary>Users x rank, row-major: a copy.</summary>
    public float[] UserFactors() => Unpadded(_users);

    /// <summary>Items x rank, row-major: a copy.</summary>
    public float[] ItemFactors() => Unpadded(_items);

    /// <summary>The objective, divided by the number of observed entries.</summary>
    public double Loss()
    {
        var chunks = (_users.Count + ChunkRows - 1) / ChunkRows;
        var partial = new double[chunks];
        Parallel.For(0, chunks, _parallel, chunk =>
        {
            double sum = 0;
            for (var u = chunk * ChunkRows; u < Math.Min(_users.Count, (chunk + 1) * ChunkRows); u++)
            {
                var x = _users.Row(u, _stride);
                var items = _users.Feedback.IndicesOf(u);
                var strengths = _users.Feedback.ValuesOf(u);
                for (var k = 0; k < items.Length; k++)
                {
                    double s = TensorPrimitives.Dot(x, _items.Row(items[k], _stride));
                    var confidence = _options.UnobservedWeight + _options.Alpha * strengths[k];
                    sum += confidence * (1 - s) * (1 - s) - _options.UnobservedWeight * s * s;
                }
            }

            partial[chunk] = sum;
        });

        // The sum of s^2 over all pairs is the inner product of the two Gramians.
        var all = TensorPrimitives.Dot<double>(GramianOf(_users), GramianOf(_items));
        var total = partial.Sum() + _options.UnobservedWeight * all + Penalty(_users, _items) + Penalty(_items, _users);
        return total / Math.Max(1, _users.Feedback.Count);
    }

    private double Penalty(Side side, Side other)
    {
        double sum = 0;
        for (var r = 0; r < side.Count; r++)
            sum += Ridge(side, other, r) * TensorPrimitives.SumOfSquares(side.Row(r, _stride));
        return sum;
    }

    private double Ridge(Side side, Side other, int row)
    {
        var n = side.Feedback.Offsets[row + 1] - side.Feedback.Offsets[row];
        return _options.Lambda * Math.Pow(n + _options.UnobservedWeight * other.Count, _options.RegularizationExponent);
    }

    private void Solve(Side side, Side other)
    {
        var gramian = GramianOf(other);
        var a0 = _options.UnobservedWeight;
        var shared = new float[_stride * _stride];
        for (var i = 0; i < shared.Length; i++)
            shared[i] = (float)(a0 * gramian[i]);
        side.Gramian = null;
        var chunks = (side.Count + ChunkRows - 1) / ChunkRows;
        Parallel.For(0, chunks, _parallel, () => new Workspace(_stride), (chunk, _, work) =>
        {
            for (var r = chunk * ChunkRows; r < Math.Min(side.Count, (chunk + 1) * ChunkRows); r++)
                SolveRow(side, other, r, shared, work);
            return work;
        }, static _ => { });
    }

    private void SolveRow(Side side, Side other, int row, float[] shared, Workspace work)
    {
        var indices = side.Feedback.IndicesOf(row);
        var strengths = side.Feedback.ValuesOf(row);
        var x = side.Row(row, _stride);
        if (indices.Length == 0)
        {
            x.Clear();
            return;
        }

        shared.CopyTo(work.A, 0);
        var ridge = (float)Ridge(side, other, row);
        for (var i = 0; i < _options.Rank; i++)
            work.A[i * _stride + i] += ridge;
        x.Clear();
        var rows = work.Gathered.Length / _stride;
        for (var from = 0; from < indices.Length; from += rows)
        {
            var count = Math.Min(rows, indices.Length - from);
            for (var k = 0; k < count; k++)
            {
                var y = other.Row(indices[from + k], _stride);
                var extra = _options.Alpha * strengths[from + k];
                TensorPrimitives.Multiply(y, (float)Math.Sqrt(extra), work.Gathered.AsSpan(k * _stride, _stride));
                TensorPrimitives.MultiplyAdd(y, (float)(_options.UnobservedWeight + extra), x, x);
            }

            _kernel.AddOuterProducts(work.Gathered, count, _stride, work.A);
        }

        if (!_kernel.Solve(work.A, _options.Rank, _stride, x))
        {
            throw new InvalidOperationException(
                $"The normal equations of a row with {indices.Length} entries are not positive definite in single precision; raise lambda ({_options.Lambda}).");
        }
    }

    private double[] GramianOf(Side side)
    {
        if (side.Gramian is { } known)
            return known;
        var chunks = (side.Count + GramianChunkRows - 1) / GramianChunkRows;
        var sum = new double[_stride * _stride];
        var partial = new float[chunks][];
        Parallel.For(0, chunks, _parallel, chunk =>
        {
            var from = chunk * GramianChunkRows;
            var rows = Math.Min(GramianChunkRows, side.Count - from);
            partial[chunk] = new float[_stride * _stride];
            _kernel.AddOuterProducts(side.Factors.AsSpan(from * _stride, rows * _stride), rows, _stride, partial[chunk]);
        });
        foreach (var p in partial)
        {
            for (var i = 0; i < _stride; i++)
            {
                for (var j = i; j < _stride; j++)
                    sum[i * _stride + j] += p[i * _stride + j];
            }
        }

        for (var i = 0; i < _stride; i++)
        {
            for (var j = i + 1; j < _stride; j++)
                sum[j * _stride + i] = sum[i * _stride + j];
        }

        return side.Gramian = sum;
    }

    private void Initialise(float[] factors, int count)
    {
        // Box-Muller; a standard deviation of 0.1 / sqrt(rank) starts dot products small (Rendle et al. 2021, section 4.1).
        var random = new Random(_options.Seed);
        var deviation = 0.1 / Math.Sqrt(_options.Rank);
        for (var r = 0; r < count; r++)
        {
            for (var c = 0; c < _options.Rank; c++)
            {
                var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
                factors[r * _stride + c] = (float)(deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
            }
        }
    }

    private float[] Unpadded(Side side)
    {
        var values = new float[(long)side.Count * _options.Rank];
        for (var r = 0; r < side.Count; r++)
            side.Factors.AsSpan(r * _stride, _options.Rank).CopyTo(values.AsSpan(r * _options.Rank));
        return values;
    }

    private sealed class Side(FeedbackMatrix feedback, float[] factors)
    {
        public FeedbackMatrix Feedback { get; } = feedback;

        public float[] Factors { get; } = factors;

        /// <summary>Of the present factors, or null when they changed.</summary>
        public double[]? Gramian { get; set; }

        public int Count => Feedback.Rows;

        public Span<float> Row(int row, int stride) => Factors.AsSpan(row * stride, stride);
    }

    private sealed class Workspace(int stride)
    {
        public float[] A { get; } = new float[stride * stride];

        public float[] Gathered { get; } = new float[Math.Max(16, GatherFloats / stride) * stride];
    }
}
