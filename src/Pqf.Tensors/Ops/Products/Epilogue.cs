using Pqf.Tensors.Ops.Elementwise;

namespace Pqf.Tensors.Ops.Products;

/// <summary>What is added to a result on a GPU, and applied last.</summary>
[Flags]
enum Epilogue
{
    None = 0,
    Bias = 1,
    Residual = 2,
    Clamp = 4,
}

static class Epilogues
{
    public static Epilogue Of(Tensor<float>? bias, Tensor<float>? residual, Tail tail) =>
        (bias is null ? Epilogue.None : Epilogue.Bias)
        | (residual is null ? Epilogue.None : Epilogue.Residual)
        | (tail.HasClamp ? Epilogue.Clamp : Epilogue.None);
}
