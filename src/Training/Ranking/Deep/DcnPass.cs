using System.Numerics.Tensors;

namespace Recs.Training.Ranking.Deep;

/// <summary>
/// One forward and backward pass over a part of a batch, with its own activations and gradient. Not thread-safe; two
/// of them work side by side.
/// </summary>
internal sealed class DcnPass
{
    private readonly DcnLayout _layout;
    private readonly DcnShape _shape;
    private readonly int _d;
    private readonly float[][] _x;
    private readonly DcnCrossPass[] _cross;
    private readonly float[][] _deep;
    private readonly float[][] _deepGradient;
    private readonly float[] _dx;
    private readonly float[] _dx0;
    private readonly DcnProducts _products;
    private readonly float[] _logits;

    public DcnPass(DcnLayout layout, int maxRows)
    {
        _layout = layout;
        _shape = layout.Shape;
        _d = _shape.Inputs;
        _products = new DcnProducts(layout);
        _x = [.. Enumerable.Range(0, _shape.Cross + 1).Select(_ => new float[maxRows * _d])];
        _cross = [.. layout.Cross.Select(c => new DcnCrossPass(c, _d, maxRows, _products))];
        _deep = [.. _shape.Deep.Select(units => new float[maxRows * units])];
        _deepGradient = [.. _shape.Deep.Select(units => new float[maxRows * units])];
        (_dx, _dx0) = (new float[maxRows * _d], new float[maxRows * _d]);
        _logits = new float[maxRows];
        Gradient = new float[layout.Length];
    }

    /// <summary>Of the last pass, in the order of the layout.</summary>
    public float[] Gradient { get; }

    public ReadOnlySpan<float> Logits => _logits;

    public int MaxRows => _logits.Length;

    /// <param name="parameters">The network's.</param>
    /// <param name="inputs">Of all rows.</param>
    /// <param name="rows">The rows of this part.</param>
    /// <param name="dropout">Share dropped; 0 to score.</param>
    /// <param name="seed">Of the dropout.</param>
    public void Forward(float[] parameters, DcnInputs inputs, ReadOnlySpan<int> rows, double dropout, ulong seed)
    {
        var n = rows.Length;
        FillInputs(parameters, inputs, rows);
        for (var l = 0; l < _cross.Length; l++)
            _cross[l].Forward(parameters, _x[0], _x[l], _x[l + 1], n);
        var (input, width) = (_shape.Stacked ? _x[^1] : _x[0], _d);
        for (var l = 0; l < _deep.Length; l++)
        {
            var (layer, units) = (_layout.Deep[l], _shape.Deep[l]);
            var into = _deep[l].AsSpan(0, n * units);
            _products.Forward(input, width, n, layer.Weight.In(parameters), layer.Weight, into, units);
            var bias = layer.Bias.In(parameters);
            for (var r = 0; r < n; r++)
            {
                var row = into.Slice(r * units, units);
                TensorPrimitives.Add(row, bias, row);
                TensorPrimitives.Max(row, 0, row);
            }

            Dropout.Apply(into, dropout, seed + (ulong)l);
            (input, width) = (_deep[l], units);
        }

        var weights = _layout.Output.Weight.In(parameters);
        var offset = _layout.Output.Bias.In(parameters)[0];
        for (var r = 0; r < n; r++)
        {
            var logit = offset;
            if (CrossOutputs > 0)
                logit += TensorPrimitives.Dot<float>(_x[^1].AsSpan(r * _d, _d), weights[.._d]);
            if (_deep.Length > 0)
                logit += TensorPrimitives.Dot<float>(input.AsSpan(r * width, width), weights[CrossOutputs..]);
            _logits[r] = logit;
        }
    }

    /// <summary>The gradient of sum over rows of slope x logit, after <see cref="Forward"/> on the same rows.</summary>
    public void Backward(float[] parameters, DcnInputs inputs, ReadOnlySpan<int> rows, ReadOnlySpan<float> slopes, double dropout)
    {
        var n = rows.Length;
        Array.Clear(Gradient);
        _dx.AsSpan(0, n * _d).Clear();
        _dx0.AsSpan(0, n * _d).Clear();
        BackOutput(parameters, n, slopes);
        BackDeep(parameters, n, dropout);
        for (var l = _cross.Length - 1; l >= 0; l--)
            _cross[l].Backward(parameters, Gradient, _x[0], _x[l], _dx, _dx0, n);
        var all = n * _d;
        TensorPrimitives.Add(_dx0.AsSpan(0, all), _dx.AsSpan(0, all), _dx0.AsSpan(0, all));
        for (var r = 0; r < n; r++)
        {
            var at = _shape.Numeric.Length;
            for (var c = 0; c < _shape.Categories.Length; c++)
            {
                var size = _shape.Categories[c].Dimensions;
                var into = Gradient.AsSpan(_layout.Embeddings[c].Start + inputs.Rows[rows[r] * _shape.Categories.Length + c] * size, size);
                TensorPrimitives.Add(into, _dx0.AsSpan(r * _d + at, size), into);
                at += size;
            }
        }
    }

    private int CrossOutputs => _shape.Stacked && _deep.Length > 0 ? 0 : _d;

    private void FillInputs(float[] parameters, DcnInputs inputs, ReadOnlySpan<int> rows)
    {
        var (numbers, categories) = (_shape.Numeric.Length, _shape.Categories.Length);
        for (var r = 0; r < rows.Length; r++)
        {
            var x0 = _x[0].AsSpan(r * _d, _d);
            inputs.Numbers.AsSpan(rows[r] * numbers, numbers).CopyTo(x0);
            var at = numbers;
            for (var c = 0; c < categories; c++)
            {
                var size = _shape.Categories[c].Dimensions;
                parameters.AsSpan(_layout.Embeddings[c].Start + inputs.Rows[rows[r] * categories + c] * size, size).CopyTo(x0[at..]);
                at += size;
            }
        }
    }

    private void BackOutput(float[] parameters, int n, ReadOnlySpan<float> slopes)
    {
        var weights = _layout.Output.Weight.In(parameters);
        var into = _layout.Output.Weight.In(Gradient);
        for (var r = 0; r < n; r++)
        {
            _layout.Output.Bias.In(Gradient)[0] += slopes[r];
            if (CrossOutputs > 0)
            {
                TensorPrimitives.MultiplyAdd(_x[^1].AsSpan(r * _d, _d), slopes[r], into[.._d], into[.._d]);
                TensorPrimitives.Multiply(weights[.._d], slopes[r], _dx.AsSpan(r * _d, _d));
            }

            if (_deep.Length > 0)
            {
                var units = _shape.Deep[^1];
                TensorPrimitives.MultiplyAdd(_deep[^1].AsSpan(r * units, units), slopes[r], into[CrossOutputs..], into[CrossOutputs..]);
                TensorPrimitives.Multiply(weights[CrossOutputs..], slopes[r], _deepGradient[^1].AsSpan(r * units, units));
            }
        }
    }

    private void BackDeep(float[] parameters, int n, double dropout)
    {
        var scale = Dropout.Scale(dropout);
        for (var l = _deep.Length - 1; l >= 0; l--)
        {
            var (layer, units) = (_layout.Deep[l], _shape.Deep[l]);
            var dz = _deepGradient[l].AsSpan(0, n * units);
            // An output above 0 was neither cut off nor dropped.
            Dropout.Backward(_deep[l].AsSpan(0, n * units), scale, dz);
            var (input, width) = l > 0 ? (_deep[l - 1], _shape.Deep[l - 1]) : (_shape.Stacked ? _x[^1] : _x[0], _d);
            _products.Gradient(input, width, width, n, dz, units, layer.Weight, Gradient);
            DcnProducts.AddRows(dz, n, units, layer.Bias.In(Gradient));
            var below = l > 0 ? _deepGradient[l - 1] : _shape.Stacked ? _dx : _dx0;
            _products.Backward(dz, units, n, layer.Weight.In(parameters), layer.Weight, below, width, add: l == 0);
        }
    }
}
