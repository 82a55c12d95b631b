using System.Numerics.Tensors;

namespace Recs.Training.Ranking.Deep;

/// <summary>
/// One cross layer forth and back: x' = x0 * (x W + b) + x, or with S = sum over experts e of
/// g_e tanh(tanh(x V_e) C_e) U_e in place of x W (Wang et al. 2021, eq. 1 and 4; gates by softmax). Not thread-safe.
/// </summary>
internal sealed class DcnCrossPass
{
    private readonly DcnCross _layer;
    private readonly int _d;
    private readonly int _experts;
    private readonly int _rank;
    private readonly DcnProducts _products;
    private readonly float[] _s, _ds;
    private readonly float[] _h1, _h2, _scaled, _dh, _dh1, _gates, _dGates;

    public DcnCrossPass(DcnCross layer, int d, int maxRows, DcnProducts products)
    {
        (_layer, _d, _products) = (layer, d, products);
        _experts = layer.C.Length;
        _rank = _experts > 0 ? layer.C[0].Rows : 0;
        (_s, _ds) = (new float[maxRows * d], new float[maxRows * d]);
        var hidden = maxRows * _experts * _rank;
        (_h1, _h2, _scaled, _dh, _dh1) = (new float[hidden], new float[hidden], new float[hidden], new float[hidden], new float[hidden]);
        (_gates, _dGates) = (new float[maxRows * _experts], new float[maxRows * _experts]);
    }

    private int Hidden => _experts * _rank;

    public void Forward(float[] parameters, ReadOnlySpan<float> x0, ReadOnlySpan<float> x, Span<float> next, int n)
    {
        if (_layer.Weight is { } weight)
            _products.Forward(x, _d, n, weight.In(parameters), weight, _s, _d);
        else
            Mixture(parameters, x, n);
        var bias = _layer.Bias.In(parameters);
        for (var r = 0; r < n; r++)
        {
            var s = _s.AsSpan(r * _d, _d);
            TensorPrimitives.Add(s, bias, s);
            TensorPrimitives.MultiplyAdd(x0.Slice(r * _d, _d), s, x.Slice(r * _d, _d), next.Slice(r * _d, _d));
        }
    }

    /// <param name="parameters">The network's.</param>
    /// <param name="gradient">Added to.</param>
    /// <param name="x0">Inputs of the network.</param>
    /// <param name="x">Inputs of the layer.</param>
    /// <param name="dx">The slope at the layer's outputs; becomes that at its inputs.</param>
    /// <param name="dx0">The slope at the network's inputs; added to.</param>
    /// <param name="n">Rows.</param>
    public void Backward(float[] parameters, float[] gradient, ReadOnlySpan<float> x0, ReadOnlySpan<float> x, Span<float> dx, Span<float> dx0, int n)
    {
        var all = n * _d;
        var ds = _ds.AsSpan(0, all);
        TensorPrimitives.Multiply(dx[..all], x0[..all], ds);
        TensorPrimitives.MultiplyAdd(dx[..all], _s.AsSpan(0, all), dx0[..all], dx0[..all]);
        DcnProducts.AddRows(ds, n, _d, _layer.Bias.In(gradient));
        if (_layer.Weight is { } weight)
        {
            _products.Gradient(x, _d, _d, n, ds, _d, weight, gradient);
            _products.Backward(ds, _d, n, weight.In(parameters), weight, dx, _d, add: true);
            return;
        }

        BackMixture(parameters, gradient, x, ds, dx, n);
    }

    private void Mixture(float[] parameters, ReadOnlySpan<float> x, int n)
    {
        var width = Hidden;
        _products.Forward(x, _d, n, _layer.V!.In(parameters), _layer.V, _h1, width);
        TensorPrimitives.Tanh(_h1.AsSpan(0, n * width), _h1);
        for (var e = 0; e < _experts; e++)
            _products.Forward(_h1.AsSpan(e * _rank), width, n, _layer.C[e].In(parameters), _layer.C[e], _h2.AsSpan(e * _rank), width);
        TensorPrimitives.Tanh(_h2.AsSpan(0, n * width), _h2);
        _products.Forward(x, _d, n, _layer.Gate!.In(parameters), _layer.Gate, _gates, _experts);
        for (var r = 0; r < n; r++)
        {
            var gates = _gates.AsSpan(r * _experts, _experts);
            TensorPrimitives.SoftMax(gates, gates);
            for (var e = 0; e < _experts; e++)
            {
                var at = r * width + e * _rank;
                TensorPrimitives.Multiply(_h2.AsSpan(at, _rank), gates[e], _scaled.AsSpan(at, _rank));
            }
        }

        _products.Forward(_scaled, width, n, _layer.U!.In(parameters), _layer.U, _s, _d);
    }

    private void BackMixture(float[] parameters, float[] gradient, ReadOnlySpan<float> x, ReadOnlySpan<float> ds, Span<float> dx, int n)
    {
        var width = Hidden;
        _products.Gradient(_scaled, width, width, n, ds, _d, _layer.U!, gradient);
        _products.Backward(ds, _d, n, _layer.U!.In(parameters), _layer.U, _dh, width, add: false);
        for (var r = 0; r < n; r++)
        {
            var gates = _gates.AsSpan(r * _experts, _experts);
            var dGates = _dGates.AsSpan(r * _experts, _experts);
            for (var e = 0; e < _experts; e++)
            {
                var at = r * width + e * _rank;
                var dh = _dh.AsSpan(at, _rank);
                dGates[e] = TensorPrimitives.Dot<float>(dh, _h2.AsSpan(at, _rank));
                TensorPrimitives.Multiply(dh, gates[e], dh);
            }

            // Softmax: dz_e = g_e (dg_e - sum g dg).
            var mean = TensorPrimitives.Dot<float>(gates, dGates);
            for (var e = 0; e < _experts; e++)
                dGates[e] = gates[e] * (dGates[e] - mean);
        }

        BackTanh(_h2.AsSpan(0, n * width), _dh);
        for (var e = 0; e < _experts; e++)
        {
            var at = e * _rank;
            _products.Gradient(_h1.AsSpan(at), width, _rank, n, _dh.AsSpan(at), width, _layer.C[e], gradient);
            _products.Backward(_dh.AsSpan(at), width, n, _layer.C[e].In(parameters), _layer.C[e], _dh1.AsSpan(at), width, add: false);
        }

        BackTanh(_h1.AsSpan(0, n * width), _dh1);
        _products.Gradient(x, _d, _d, n, _dh1, width, _layer.V!, gradient);
        _products.Backward(_dh1, width, n, _layer.V!.In(parameters), _layer.V, dx, _d, add: true);
        _products.Gradient(x, _d, _d, n, _dGates, _experts, _layer.Gate!, gradient);
        _products.Backward(_dGates, _experts, n, _layer.Gate!.In(parameters), _layer.Gate, dx, _d, add: true);
    }

    /// <summary>The slope before tanh: that behind it times 1 - tanh^2.</summary>
    private static void BackTanh(ReadOnlySpan<float> outputs, Span<float> gradient)
    {
        for (var i = 0; i < outputs.Length; i++)
            gradient[i] *= 1 - outputs[i] * outputs[i];
    }
}
