package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// visit applies each operator that fits n. It returns whether what is inside n
// is to be visited too.
func (d *deriver) visit(n ast.Node) bool {
	switch n := n.(type) {
	case ast.Expr:
		return d.expr(n)
	case *ast.IfStmt:
		d.condition(n.Cond, ends(n.Body.List))
	case *ast.SwitchStmt:
		d.cases(n)
	case *ast.ReturnStmt:
		d.returned(n)
	case *ast.ExprStmt:
		d.drop("statement", n, "{}")
	case *ast.IncDecStmt:
		switch d.parent().(type) {
		case *ast.ForStmt, *ast.IfStmt, *ast.SwitchStmt: // a simple statement in front
			d.drop("statement", n, "")
		default:
			d.drop("statement", n, "{}")
		}
	case *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		d.drop("statement", n, "{}")
	case *ast.BranchStmt:
		if n.Tok == token.BREAK || n.Tok == token.CONTINUE {
			d.drop("statement", n, "{}")
		}
	case *ast.AssignStmt:
		d.assign(n)
	}
	return true
}

func (d *deriver) expr(e ast.Expr) bool {
	if d.isConst(e) && isInteger(d.typeOf(e)) {
		d.constant(e)
		return false
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		d.binary(e)
	case *ast.UnaryExpr:
		if e.Op == token.NOT || e.Op == token.SUB || e.Op == token.XOR {
			d.add("operator", e, d.source(e.X))
		}
	case *ast.Ident:
		if d.isConst(e) && isBool(d.typeOf(e)) {
			kind := "constant"
			if _, ok := d.parent().(*ast.ReturnStmt); ok {
				kind = "return"
			}
			d.add(kind, e, map[bool]string{true: "false", false: "true"}[e.Name == "true"])
		} else if d.isConst(e) && isCode(d.typeOf(e)) && !d.inCase(e) {
			d.add("code", e, "(\"swapped \" + "+e.Name+")")
		}
	case *ast.CallExpr:
		d.call(e)
	case *ast.CompositeLit:
		d.composite(e)
	case *ast.KeyValueExpr:
		// Keys are names or places in a table: only values are changed.
		d.path = append(d.path, e)
		d.walk(e.Value)
		d.path = d.path[:len(d.path)-1]
		return false
	case *ast.ArrayType, *ast.MapType, *ast.StructType, *ast.FuncType:
		return false
	}
	return true
}

// boundary is the neighbour of a comparison; the bound of integers is moved to
// the other side too. A comparison turned around is noticed by whatever notices
// one of these.
var boundary = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS,
	token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
}

var shift = map[token.Token]string{token.LSS: " - 1", token.LEQ: " + 1", token.GTR: " + 1", token.GEQ: " - 1"}

func (d *deriver) binary(e *ast.BinaryExpr) {
	x, y := d.source(e.X), d.source(e.Y)
	if op, ok := boundary[e.Op]; ok {
		if !d.leftOut(e) {
			d.add("compare", e, x+" "+op.String()+" "+y)
		}
		if by := shift[e.Op]; by != "" && isInteger(d.typeOf(e.X)) && isInteger(d.typeOf(e.Y)) {
			d.add("compare", e, x+" "+e.Op.String()+" ("+y+")"+by)
		}
		return
	}
	switch e.Op {
	case token.LAND, token.LOR:
		if p, ok := d.parent().(*ast.BinaryExpr); !ok || p.Op != e.Op {
			d.operands(e)
		}
		return
	}
	if !isInteger(d.typeOf(e)) {
		return
	}
	switch {
	case (e.Op == token.ADD || e.Op == token.SUB) && d.isConst(e.Y):
		d.add("plus", e, x)
	case e.Op == token.ADD && d.isConst(e.X):
		d.add("plus", e, y)
	default:
		d.add("arithmetic", e, x)
	}
	switch e.Op {
	case token.ADD:
		d.add("arithmetic", e, x+" - ("+y+")")
	case token.SUB:
		d.add("arithmetic", e, x+" + "+y)
	}
	if e.Op == token.OR || e.Op == token.ADD && !d.isConst(e.Y) {
		d.add("arithmetic", e, y)
	}
}

// leftOut reports whether there is a mutant without the comparison e of equality,
// which is harder to notice than the opposite comparison.
func (d *deriver) leftOut(e *ast.BinaryExpr) bool {
	if e.Op != token.EQL && e.Op != token.NEQ {
		return false
	}
	switch p := d.parent().(type) {
	case *ast.BinaryExpr:
		return p.Op == token.LAND || p.Op == token.LOR
	case *ast.IfStmt:
		return p.Cond == e && ends(p.Body.List)
	case *ast.CaseClause:
		return true
	}
	return false
}

// ordered reports whether e is a comparison whose bound is moved.
func (d *deriver) ordered(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	return ok && shift[b.Op] != "" && isInteger(d.typeOf(b.X))
}

// operands leaves out each operand of a chain of && or ||, but for comparisons
// that have a nearer neighbour.
func (d *deriver) operands(e *ast.BinaryExpr) {
	for _, x := range chain(e, e.Op) {
		if d.ordered(x) {
			continue
		}
		neutral := "true"
		if e.Op == token.LOR {
			neutral = "false"
		}
		text := brief(d.source(e))
		d.addSpan("logic", d.unit.at(x.Pos()), d.unit.at(x.End()), text+" without "+brief(d.source(x)), neutral)
	}
}

// chain lists the operands of nested operations of one kind.
func chain(e ast.Expr, op token.Token) []ast.Expr {
	if b, ok := e.(*ast.BinaryExpr); ok && b.Op == op {
		return append(chain(b.X, op), chain(b.Y, op)...)
	}
	return []ast.Expr{e}
}

// constant changes an integer that is known when compiling. As the bound of a
// comparison it has been moved already.
func (d *deriver) constant(e ast.Expr) {
	switch p := d.parent().(type) {
	case *ast.BinaryExpr:
		if _, compared := boundary[p.Op]; compared || p.Op == token.ADD || p.Op == token.SUB {
			return
		}
	case *ast.CaseClause:
		return
	case *ast.CallExpr:
		if d.isType(p.Fun) { // a conversion, constant as a whole
			return
		}
	}
	kind := "constant"
	switch {
	case isCode(d.typeOf(e)):
		kind = "code"
	case d.inTable():
		kind = "row"
	}
	d.add(kind, e, "("+d.source(e)+") + 1")
}

func (d *deriver) isType(e ast.Expr) bool { return d.unit.info.Types[e].IsType() }

func (d *deriver) inCase(e ast.Expr) bool {
	_, ok := d.parent().(*ast.CaseClause)
	return ok
}

func (d *deriver) call(e *ast.CallExpr) {
	id, ok := e.Fun.(*ast.Ident)
	if !ok || id.Name != "min" && id.Name != "max" {
		return
	}
	if _, builtin := d.unit.info.Uses[id].(*types.Builtin); !builtin {
		return
	}
	typ := d.typeOf(e).String()
	for _, arg := range e.Args {
		if with := d.source(arg); d.isConst(arg) {
			d.add("call", e, typ+"("+with+")")
		} else {
			d.add("call", e, with)
		}
	}
}

// inTable reports whether the node at hand belongs to a variable of the package
// or to what a function returns as it is written: a preset.
func (d *deriver) inTable() bool {
	for i := len(d.path) - 1; i >= 0; i-- {
		switch d.path[i].(type) {
		case *ast.CompositeLit, *ast.KeyValueExpr:
		case *ast.ReturnStmt:
			return i < len(d.path)-1
		default:
			return false
		}
	}
	return d.fn == nil
}

// composite drops each row of a table, and each field of a struct. Rows whose
// value is changed stay.
func (d *deriver) composite(e *ast.CompositeLit) {
	d.path = append(d.path, e)
	kind := "field"
	if d.inTable() {
		kind = "row"
	}
	d.path = d.path[:len(d.path)-1]
	for _, elt := range e.Elts {
		value := elt
		row, keyed := elt.(*ast.KeyValueExpr)
		if keyed {
			value = row.Value
		} else if isStruct(d.typeOf(e)) {
			continue // fields without names stand and fall together
		}
		if t := d.typeOf(value); kind == "row" && d.isConst(value) && (isInteger(t) || isCode(t) || isBool(t)) {
			continue
		}
		end := d.unit.at(elt.End())
		if rest := d.file.text[end:]; len(rest) > 0 && rest[0] == ',' {
			end++
		}
		d.addSpan(kind, d.unit.at(elt.Pos()), end, "drop row "+brief(d.source(elt)), "")
	}
}

func isStruct(t types.Type) bool {
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// ends reports whether the statements lead out of the block: those of a check.
func ends(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch list[len(list)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// condition changes what decides a statement: a check is left out, of another
// the answer is turned around. Comparisons and operands inside are changed too,
// and where each input that tells one of those changes apart is one that the
// check has to catch, leaving the check out would show nothing more.
func (d *deriver) condition(e ast.Expr, check bool) {
	text := d.source(e)
	switch n := e.(type) {
	case *ast.BinaryExpr:
		if check && !d.bounded(n) {
			d.add("skip", e, "false && ("+text+")")
		}
		return
	case *ast.UnaryExpr:
		if !check {
			d.add("negate", e, d.source(n.X))
			return
		}
	default:
		if !check {
			d.add("negate", e, "!("+text+")")
			return
		}
	}
	d.add("skip", e, "false && ("+text+")")
}

// bounded reports whether e is or needs a comparison whose bound is moved, or
// holds if any of several conditions does.
func (d *deriver) bounded(e ast.Expr) bool {
	b, ok := e.(*ast.BinaryExpr)
	switch {
	case !ok:
		return false
	case b.Op == token.LAND:
		return slices.ContainsFunc(chain(b, b.Op), d.bounded)
	case b.Op == token.LOR:
		return true
	}
	return d.ordered(b)
}

// cases leaves out each case of a switch.
func (d *deriver) cases(s *ast.SwitchStmt) {
	for _, stmt := range s.Body.List {
		c := stmt.(*ast.CaseClause)
		for _, e := range c.List {
			switch {
			case s.Tag == nil:
				d.condition(e, true)
			case len(c.List) == 1:
				d.addSpan("case", d.unit.at(c.Pos()), d.unit.at(c.End()), "drop case "+brief(d.source(e)), "")
			default:
				d.addSpan("case", d.unit.at(c.Pos()), d.unit.at(c.Colon), "drop "+brief(d.source(e))+" from its case", "case "+d.others(c.List, e))
			}
		}
	}
}

func (d *deriver) others(list []ast.Expr, but ast.Expr) string {
	var rest []string
	for _, e := range list {
		if e != but {
			rest = append(rest, d.source(e))
		}
	}
	return strings.Join(rest, ", ")
}

// refusals are functions whose answer is false and whose work is the refusal.
var refusals = []string{"refuse", "refuseAt", "refuseTag", "exceed", "beyond", "truncated"}

// returned turns the results of a return around: verdicts, codes and errors.
func (d *deriver) returned(r *ast.ReturnStmt) {
	for _, e := range r.Results {
		switch t := d.typeOf(e); {
		case isError(t):
			if id, ok := e.(*ast.Ident); !ok || id.Name != "nil" {
				d.add("return", e, "nil")
			}
		case isCode(t) && !d.isZero(e):
			d.add("return", e, "*new("+d.typeText(t)+")")
		case isBool(t) && !d.isConst(e):
			d.returnedBool(e)
		}
	}
}

// isZero reports whether e is a constant that says nothing: OK, or no code.
func (d *deriver) isZero(e ast.Expr) bool {
	v := d.unit.info.Types[e].Value
	return v != nil && (v.ExactString() == "0" || v.ExactString() == `""`)
}

func (d *deriver) returnedBool(e ast.Expr) {
	switch e := e.(type) {
	case *ast.CallExpr:
		if name := calledName(e); name != "" {
			for _, r := range refusals {
				if name == r {
					d.add("refusal", e, "true")
					return
				}
			}
		}
		d.add("return", e, "!"+d.source(e))
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		d.add("return", e, "!"+d.source(e))
	}
}

func calledName(e *ast.CallExpr) string {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// assign leaves out an assignment; what stands at its right is still done.
func (d *deriver) assign(a *ast.AssignStmt) {
	if a.Tok == token.DEFINE {
		return
	}
	with := "{}"
	if a.Tok == token.ASSIGN && !d.holdsNil(a.Rhs) {
		blank := strings.TrimSuffix(strings.Repeat("_, ", len(a.Lhs)), ", ")
		with = blank + " = " + d.source(a.Rhs[0])
		if len(a.Rhs) > 1 {
			with = blank + " = " + string(d.file.text[d.unit.at(a.Rhs[0].Pos()):d.unit.at(a.End())])
		}
	} else if a.Tok != token.ASSIGN {
		with = "_ = " + d.source(a.Rhs[0])
	}
	kind := "assign"
	if a.Tok != token.ASSIGN {
		kind = "count"
	}
	d.drop(kind, a, with)
	if other := map[token.Token]string{token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+="}[a.Tok]; other != "" && isInteger(d.typeOf(a.Lhs[0])) {
		d.add("arithmetic", a, d.source(a.Lhs[0])+" "+other+" "+d.source(a.Rhs[0]))
	}
}

func (d *deriver) holdsNil(list []ast.Expr) bool {
	for _, e := range list {
		if d.unit.info.Types[e].IsNil() {
			return true
		}
	}
	return false
}
