namespace Pqf.Tensors.Devices.Host;

/// <summary>A number as a type: the compiler makes one kernel per type and folds every comparison with it.</summary>
interface INumber
{
    static abstract int N { get; }
}

readonly struct N1 : INumber
{
    public static int N => 1;
}

readonly struct N2 : INumber
{
    public static int N => 2;
}

readonly struct N3 : INumber
{
    public static int N => 3;
}

readonly struct N4 : INumber
{
    public static int N => 4;
}

readonly struct N5 : INumber
{
    public static int N => 5;
}

readonly struct N6 : INumber
{
    public static int N => 6;
}

readonly struct N7 : INumber
{
    public static int N => 7;
}

readonly struct N8 : INumber
{
    public static int N => 8;
}

readonly struct N9 : INumber
{
    public static int N => 9;
}

readonly struct N10 : INumber
{
    public static int N => 10;
}

readonly struct N11 : INumber
{
    public static int N => 11;
}

readonly struct N12 : INumber
{
    public static int N => 12;
}

readonly struct N13 : INumber
{
    public static int N => 13;
}

readonly struct N14 : INumber
{
    public static int N => 14;
}
