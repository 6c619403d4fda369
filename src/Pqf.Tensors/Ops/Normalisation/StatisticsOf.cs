namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>The source of the statistics that a norm divided by.</summary>
public enum StatisticsOf
{
    /// <summary>The norm's own input: they carry gradients.</summary>
    Batch,

    /// <summary>Elsewhere: they are constants.</summary>
    Elsewhere,
}
